"""A setting is declared once, in its plugin; every place that repeats it must say the same."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import BIN, ROOT, clean_environment, project

PLUGINS = {
    "tap-clarity": ("extractors", "tap-clarity"),
    "tap-streak": ("extractors", "tap-streak"),
    "mapper-crosswalk": ("mappers", "transform"),
    "target-streak": ("loaders", "target-streak"),
    "target-clarity": ("loaders", "target-clarity"),
}
TAPS = ("tap-clarity", "tap-streak")
PROGRAMS = PLUGINS | {"sync-console": ("no plugin of Meltano", "console")}


@cache
def about(plugin: str) -> dict[str, Any]:
    """What the plugin says of itself."""
    command = [str(BIN / plugin), "--about", "--format=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=clean_environment())
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def declared(plugin: str) -> dict[str, dict[str, Any]]:
    """The plugin's own settings; what the SDK adds to every tap for stream maps is documented by the SDK."""
    noise = re.compile(r"stream_map|flattening|faker|batch_config|^streams$")
    properties: dict[str, dict[str, Any]] = about(plugin)["settings"]["properties"]
    return {name: setting for name, setting in properties.items() if not noise.search(name)}


@pytest.mark.parametrize("plugin", PROGRAMS)
def test_every_setting_has_a_title_and_a_description(plugin: str) -> None:
    bare = [name for name, setting in declared(plugin).items() if not {"title", "description"} <= setting.keys()]
    assert bare == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_meltano_project_declares_the_same_settings(plugin: str) -> None:
    (entry,) = [entry for entry in project()["plugins"][PLUGINS[plugin][0]] if entry["name"] == plugin]
    listed = {setting["name"]: setting for setting in entry["settings"]}
    assert list(listed) == list(declared(plugin))
    for name, setting in declared(plugin).items():
        assert listed[name]["label"] == setting["title"]
        assert listed[name]["description"] == setting["description"]
        assert listed[name].get("sensitive", False) == setting.get("secret", False), name
        assert listed[name].get("value") == setting.get("default"), name
        assert listed[name]["kind"] != "decimal", "Meltano cannot read a decimal from the environment"


@pytest.mark.parametrize("plugin", PROGRAMS)
def test_the_example_environment_names_every_setting(plugin: str) -> None:
    text = (ROOT / ".env.example").read_text()
    prefix = plugin.upper().replace("-", "_")
    named = set(re.findall(rf"^#? ?{prefix}_([A-Z_]+)=", text, re.MULTILINE))
    assert named == {name.upper() for name in declared(plugin)}


@pytest.mark.parametrize("plugin", PROGRAMS)
def test_the_example_environment_shows_what_is_in_force_without_it(plugin: str) -> None:
    text = (ROOT / ".env.example").read_text()
    prefix = plugin.upper().replace("-", "_")
    shown = {name.lower(): value for name, value in re.findall(rf"^# {prefix}_([A-Z_]+)=(.*)$", text, re.MULTILINE)}
    assert shown == {name: value for name, value in in_force(plugin).items() if name in shown}


def in_force(plugin: str) -> dict[str, str]:
    """What counts in this project where `.env` says nothing, as a line of `.env` would say it; no secrets."""
    entries = project()["plugins"].get(PROGRAMS[plugin][0], ())
    config: dict[str, Any] = next((entry.get("config", {}) for entry in entries if entry["name"] == plugin), {})
    values = {name: config.get(name, one.get("default", "")) for name, one in declared(plugin).items()}
    said = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return {name: "" if declared(plugin)[name].get("secret") else as_in_env(text) for name, text in said.items()}


def as_in_env(text: str) -> str:
    """Write a value of meltano.yml as `.env` has it: there paths begin in this folder, and it names the environment."""
    text = text.replace("$MELTANO_PROJECT_ROOT/", "").replace("$MELTANO_ENVIRONMENT", "prod")
    return re.sub(r"\$(\w+)", r"${\1}", text)


@pytest.mark.parametrize("plugin", PROGRAMS)
def test_the_readme_of_the_plugin_lists_every_setting_with_its_default(plugin: str) -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)`[^|]*\|(.*)$", readme(plugin), re.MULTILINE))
    assert set(rows) >= set(declared(plugin))
    for name, setting in declared(plugin).items():
        if setting.get("default") not in (None, ""):
            shown = str(setting["default"])
            assert shown.lower() in rows[name].lower(), f"{name}: {shown}"


@pytest.mark.parametrize("tap", TAPS)
def test_the_table_of_settings_in_the_readme_is_the_taps_own(tap: str) -> None:
    rows = re.findall(r"^\| `(\w+)`( \(secret\))? \| (\w*) \| (\S*) \| (.+) \|$", readme(tap), re.MULTILINE)
    assert {row[0]: row[1:] for row in rows} == {
        name: (
            " (secret)" if setting.get("secret") else "",
            "yes" if name in about(tap)["settings"].get("required", ()) else "",
            f"`{json.dumps(setting['default'])}`" if "default" in setting else "",
            setting["description"],
        )
        for name, setting in declared(tap).items()
    }


@pytest.mark.parametrize("tap", TAPS)
def test_the_meltano_settings_in_the_readme_are_the_taps_own(tap: str) -> None:
    block, live = re.findall(r"```yaml\n(.*?)```", readme(tap), re.DOTALL)
    assert yaml.safe_load(live)[0]["config"].keys() < declared(tap).keys()
    (plugin,) = yaml.safe_load(block)["plugins"]["extractors"]
    assert {entry["name"]: entry for entry in plugin["settings"]} == {
        name: {"name": name, "label": setting["title"], "kind": kind(setting)}
        | ({"sensitive": True} if setting.get("secret") else {})
        | ({"value": setting["default"]} if "default" in setting else {})
        for name, setting in declared(tap).items()
    }


def readme(plugin: str) -> str:
    """The README of a plugin."""
    return (ROOT / PROGRAMS[plugin][1] / "README.md").read_text()


def kind(setting: dict[str, Any]) -> str:
    """What Meltano calls the type of a setting."""
    named = next(name for name in setting["type"] if name != "null")
    return "date_iso8601" if setting.get("format") == "date-time" else str(named)


@pytest.mark.parametrize("tap", TAPS)
def test_every_property_of_every_schema_is_described(tap: str) -> None:
    for file in (ROOT / tap / tap.replace("-", "_") / "schemas").glob("*.json"):
        undescribed = [place for place, schema in walk(json.loads(file.read_text())) if not schema.get("description")]
        assert undescribed == [], file.name


def walk(schema: dict[str, Any], place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with its place."""
    inner = {f"{place}.{name}": field for name, field in schema.get("properties", {}).items()}
    if "items" in schema:
        inner[f"{place}[]"] = schema["items"]
    return [(place, schema), *(pair for name, field in inner.items() for pair in walk(field, name))]


@pytest.mark.parametrize("tap", TAPS)
def test_the_live_tap_is_the_scheduled_one_with_a_feed(tap: str) -> None:
    (entry,) = [entry for entry in project()["plugins"]["extractors"] if entry["name"] == f"{tap}-events"]
    assert entry.keys() == {"name", "inherit_from", "config"}, "an installation of its own could be another version"
    assert entry["inherit_from"] == tap
    assert entry["config"]["follow"] is True


@pytest.mark.parametrize("tap", TAPS)
def test_the_feed_is_where_the_console_serves_it(tap: str) -> None:
    served = f"http://127.0.0.1:{declared('sync-console')['feed_port']['default']}"
    assert f"{served};" in declared(tap)["events_url"]["description"]
    for file in (ROOT / "meltano.yml", ROOT / tap / "README.md"):
        assert set(re.findall(r"events_url: (http\S+)", file.read_text())) == {served}


def test_an_invoked_mapper_and_runs_have_one_mapping() -> None:
    (mapper,) = project()["plugins"]["mappers"]
    assert [mapping["config"] for mapping in mapper["mappings"]] == [mapper["config"]]


def test_the_root_readme_only_names_settings_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    known = {f"{plugin.upper().replace('-', '_')}_{name.upper()}" for plugin in PROGRAMS for name in declared(plugin)}
    plugins = "TAP_CLARITY|TAP_STREAK|TARGET_CLARITY|TARGET_STREAK|MAPPER_CROSSWALK|SYNC_CONSOLE"
    named = set(re.findall(rf"\b(?:{plugins})_(?!_)[A-Z_]+", text))  # with two underscores it is Meltano's own
    assert named <= known


def test_secrets_are_in_no_file_of_the_project() -> None:
    config = json.dumps(project()["environments"]) + (ROOT / ".env.example").read_text()
    for plugin in PROGRAMS:
        for name, setting in declared(plugin).items():
            if setting.get("secret"):
                assert not re.search(rf'"{name}": "(?!sandbox-)', config)
                assert not re.search(rf"_{name.upper()}=\S", config)


def test_the_readmes_of_the_plugins_are_in_the_order_of_the_sdk() -> None:
    chapters = ("Install", "Settings", "Environment", "Usage", "Development")
    for _, folder in PROGRAMS.values():
        headings = re.findall(r"^## (.*)$", (ROOT / folder / "README.md").read_text(), re.MULTILINE)
        places = [next(i for i, text in enumerate(headings) if text.startswith(chapter)) for chapter in chapters]
        assert places == sorted(places), Path(folder)
