"""Somebody else's targets, from PyPI, load every stream of tap-streak as it is."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from public_targets import DUCKDB, JSONL, load, query
from running import BIN, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

NOUNS = ("teams", "pipelines", "organizations", "contacts", "boxes", "tasks", "comments")
QUERY = """
import duckdb, json, sys
crm = duckdb.connect(sys.argv[1])
for stream in json.loads(sys.argv[2]):
    print(json.dumps([row[0] for row in crm.execute(f"select key from streak.{stream} order by key").fetchall()]))
print(crm.execute("select distinct typeof(lastUpdatedTimestamp) from streak.boxes").fetchall()[0][0])
print(json.dumps(crm.execute("select name, json_extract_string(fieldValues, '$.\\"Account Tier\\"') from streak.boxes "
                             "where fieldValues != '{}' order by name").fetchall()))
"""


@pytest.fixture
def lines(sandbox: Sandbox, tmp_path: Path) -> str:
    """What the tap says of the demo team."""
    sandbox.reset("demo")
    meeting = {"meetingType": "CALL_LOG", "startTimestamp": 1_777_680_000_000}
    sandbox.load([{"system": "streak", "type": "meetings", "record": meeting}])
    config = tmp_path / "tap.json"
    settings = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "requests_per_second": 1000}
    config.write_text(json.dumps(settings))
    command = [str(BIN / "tap-streak"), "--config", str(config)]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env=clean_environment()
    ).stdout


def records(lines: str) -> dict[str, list[Any]]:
    """The records by stream, those of streams without any too."""
    found: dict[str, list[Any]] = {}
    for message in map(json.loads, lines.splitlines()):
        if message["type"] == "SCHEMA":
            found.setdefault(message["stream"], [])
        if message["type"] == "RECORD":
            found[message["stream"]].append(message["record"])
    return found


def test_target_jsonl(sandbox: Sandbox, lines: str, tmp_path: Path) -> None:
    load(JSONL, {"destination_path": str(tmp_path), "do_timestamp_file": False}, lines, tmp_path)
    for stream, said in records(lines).items():
        assert said, stream
        assert [json.loads(line) for line in (tmp_path / f"{stream}.jsonl").read_text().splitlines()] == said
    crm = sandbox.snapshot()["streak"]
    for noun in (*NOUNS, "meetings"):
        assert {row["key"] for row in records(lines)[noun]} == {row["key"] for row in crm[noun]}


def test_target_duckdb(lines: str, tmp_path: Path) -> None:
    database = str(tmp_path / "crm.duckdb")
    load(DUCKDB, {"filepath": database, "default_target_schema": "streak"}, lines, tmp_path)
    streams = records(lines)
    *keys, dated, tiers = query(QUERY, database, json.dumps(list(streams)))
    for said, found in zip(streams.values(), keys, strict=True):
        assert json.loads(found) == sorted(row["key"] for row in said)
    assert dated.startswith("TIMESTAMP")
    assert json.loads(tiers) == [["Alder & Finch – spring refit", "Gold"], ["Hofladen Wendt", "Bronze"]]
