"""What the README says about the tap is what the tap says about itself."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

README = (Path(__file__).parents[2] / "README.md").read_text()
BUILT_IN = re.compile(r"stream_map|faker_config|flattening_")


def program(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tap_streak", *arguments], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    properties: dict[str, Any] = json.loads(program("--about", "--format=json"))["settings"]["properties"]
    return {name: setting for name, setting in properties.items() if not BUILT_IN.match(name)}


def test_the_table_of_settings_is_the_taps_own(settings: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `(\w+)`( \(secret\))? \| (\w*) \| (\S*) \| (.+) \|$", README, re.MULTILINE)
    assert {row[0]: row[1:] for row in rows} == {
        name: (
            " (secret)" if setting.get("secret") else "",
            "",
            f"`{json.dumps(setting['default'])}`" if "default" in setting else "",
            setting["description"],
        )
        for name, setting in settings.items()
    }


def test_the_meltano_settings_are_the_taps_own(settings: dict[str, Any]) -> None:
    block, live = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert yaml.safe_load(live)[0]["config"].keys() < settings.keys()
    (plugin,) = yaml.safe_load(block)["plugins"]["extractors"]
    assert {entry["name"]: entry for entry in plugin["settings"]} == {
        name: {"name": name, "label": setting["title"], "kind": kind(setting)}
        | ({"sensitive": True} if setting.get("secret") else {})
        | ({"value": setting["default"]} if "default" in setting else {})
        for name, setting in settings.items()
    }


def kind(setting: dict[str, Any]) -> str:
    named = next(name for name in setting["type"] if name != "null")
    return "date_iso8601" if setting.get("format") == "date-time" else str(named)


def test_version_and_markdown() -> None:
    assert re.match(r"tap-streak v\d+\.\d+\.\d+", program("--version"))
    assert "| api_url | False |" in program("--about", "--format=markdown")


def test_discovery_asks_streak_nothing(server: Any) -> None:
    catalog = json.loads(server.runs.program("--discover").stdout)
    streams = "teams users pipelines stages fields organizations contacts boxes tasks comments meetings timeline"
    assert [stream["stream"] for stream in catalog["streams"]] == streams.split()
    assert server.asked == []


def test_the_streams_of_the_readme_are_the_taps_own(server: Any) -> None:
    catalog = json.loads(server.runs.program("--discover").stdout)
    rows = re.findall(r"^\| `(\w+)` \| `([\w`, ]+)` \| .+ \| .+ \|$", README, re.MULTILINE)
    assert {name: keys.replace("`", "").split(", ") for name, keys in rows} == {
        stream["stream"]: stream["key_properties"] for stream in catalog["streams"]
    }


def test_every_property_of_every_schema_is_described() -> None:
    for file in (Path(__file__).parents[2] / "tap_streak" / "schemas").glob("*.json"):
        undescribed = [place for place, schema in walk(json.loads(file.read_text())) if not schema.get("description")]
        assert undescribed == [], file.name


def walk(schema: dict[str, Any], place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with its place."""
    inner = {f"{place}.{name}": field for name, field in schema.get("properties", {}).items()}
    if "items" in schema:
        inner[f"{place}[]"] = schema["items"]
    return [(place, schema), *(found for name, field in inner.items() for found in walk(field, name))]
