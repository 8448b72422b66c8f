"""A newcomer's mistakes: one clear line, exit 1, nothing written, no STATE."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"api_key": None}, "no Streak API key: set api_key"),
    "wrong key": ({"api_key": "wrong"}, "Streak refuses the API key"),
    "wrong URL": ({"api_url": "{origin}/nowhere"}, "check api_url"),
    "API not running": ({"api_url": "http://127.0.0.1:{port}/api"}, "can't reach 127.0.0.1"),
    "ledger not writable": ({"ledger_url": "sqlite:////proc/nowhere/l.db"}, "ledger"),
    "no such team": ({"team": "Sandbox Sale"}, "team 'Sandbox Sale' is unknown"),
    "missing custom field": ({"create_missing_fields": False}, "Order ID"),
    "setting of a wrong type": ({"concurrency": "many"}, "'many' is not of type"),
    "max_rejected": ({"max_rejected": "some"}, "max_rejected"),
    "effects_since": ({"effects_since": "yesterday"}, "effects_since"),
    "no such stand-in": ({"default_assignee": "x@y.example"}, "default_assignee"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(shop: Any, mistake: str) -> None:
    settings, words = MISTAKES[mistake]
    filled = {
        name: value.format(origin=shop.sandbox.streak_origin, port=free_port()) if name == "api_url" else value
        for name, value in settings.items()
    }
    before = shop.sandbox.snapshot()
    stdin = shop.lines(shop.box(), {"type": "STATE", "value": {"at": 1}})
    ended = shop.shell(stdin=stdin, **filled)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    errors = [line for line in ended.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1, ended.stderr
    assert words in errors[0]
    assert shop.sandbox.streak_key not in ended.stderr
    assert shop.sandbox.snapshot() == before


@pytest.mark.parametrize(("name", "wrong"), [("pipelineName", "Web Order"), ("stageName", "Shiped")])
def test_unknown_names_are_listed_with_what_there_is(shop: Any, name: str, wrong: str) -> None:
    lines = shop.lines(shop.box()).splitlines()
    schema = json.loads(lines[0])
    schema["schema"]["properties"][name]["enum"] = [wrong]
    ended = shop.shell(stdin="\n".join([json.dumps(schema), *lines[1:]]))
    assert ended.returncode == 1
    assert wrong in ended.stderr.splitlines()[-1]
    assert shop.stored("boxes") == []


def test_streams_of_others_are_ignored_with_one_line(shop: Any) -> None:
    schema = {"type": "SCHEMA", "stream": "meltano_test_stream", "schema": {"properties": {}}, "key_properties": []}
    row = {"type": "RECORD", "stream": "meltano_test_stream", "record": {"id": 1, "name": "x"}}
    ended = shop.shell(stdin="".join(json.dumps(one) + "\n" for one in (schema, row, row)))
    assert ended.returncode == 0
    assert ended.stderr.count("meltano_test_stream is ignored") == 1
    assert "error" not in ended.stderr.lower()
    assert "exception" not in ended.stderr.lower()


@pytest.mark.parametrize("text", [None, "no JSON", '["a list"]'])
def test_a_config_file_that_can_not_be_read_is_one_line(shop: Any, tmp_path: Any, text: str | None) -> None:
    config = tmp_path / "mine.json"
    if text is not None:
        config.write_text(text)
    ended = shop.shell("--config", str(config))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_settings_come_from_the_environment_as_text(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = shop.settings | {"requests_per_second": "50.5", "retry_seconds": "1", "concurrency": "2"}
    for name, value in environment.items():
        monkeypatch.setenv(f"TARGET_STREAK_{name.upper()}", str(value))
    ended = shop.shell("--config", "ENV", stdin=shop.lines(shop.box()))
    assert ended.returncode == 0, ended.stderr
    assert len(shop.stored("boxes")) == 1


def test_about_and_version(shop: Any) -> None:
    about = json.loads(shop.shell("--about", "--format=json").stdout)
    settings = about["settings"]["properties"]
    assert settings["api_key"]["secret"] is True
    assert settings["requests_per_second"]["default"] == 7
    assert all(one.get("title") and one.get("description") for one in settings.values())
    assert not {"batch_size_rows", "load_method", "stream_maps", "validate_records"} & set(settings)
    assert "target-streak v0.1.0" in shop.shell("--version").stdout
    assert "# `target-streak`" in shop.shell("--about", "--format=markdown").stdout


def test_check_and_setup(shop: Any) -> None:
    checked = shop.shell("--check", create_missing_fields=False)
    assert checked.returncode == 0, checked.stderr
    assert "Sandbox Sales" in checked.stdout
    schemas = json.dumps(shop.schema("boxes")) + "\n"
    said = shop.shell("--setup", "--dry-run", stdin=schemas, create_missing_fields=False)
    assert "Order ID" in said.stdout
    assert shop.stored("pipelines")[0]["fields"] == []
    made = shop.shell("--setup", stdin=schemas, create_missing_fields=False)
    assert made.returncode == 0, made.stderr
    assert {field["name"] for field in shop.stored("pipelines")[0]["fields"]} >= {"Order ID", "Total"}
