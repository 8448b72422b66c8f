"""Somebody else's targets, from PyPI, load every stream of tap-clarity as it is."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from public_targets import DUCKDB, JSONL, load, query
from running import BIN, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from running import Pipe

EMBEDDED = ("customer", "order")
STREAMS = ("customers", "products", "orders", "payments", "invoices")
QUERY = """
import duckdb, json, sys
shop = duckdb.connect(sys.argv[1])
for stream in json.loads(sys.argv[2]):
    key = stream[:-1] + "Id"
    rows = shop.execute(f"select {key} from clarity.{stream} order by {key}").fetchall()
    print(json.dumps([row[0] for row in rows]))
print(shop.execute("select sum(cast(totalAmount as decimal(18, 2))) from clarity.orders").fetchall()[0][0])
"""


@pytest.fixture
def lines(pipe: Pipe) -> str:
    """What the tap says of the demo shop."""
    pipe.sandbox.reset("demo")
    config = pipe.write("tap", pipe.tap_settings())
    command = [str(BIN / "tap-clarity"), "--config", config]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env=clean_environment()
    ).stdout


def test_target_jsonl(pipe: Pipe, lines: str, tmp_path: Path) -> None:
    settings = {"destination_path": str(tmp_path), "do_timestamp_file": False}
    state = load(JSONL, settings, lines, tmp_path)
    assert set(state["bookmarks"]) == set(STREAMS)
    shop = pipe.sandbox.snapshot()["clarity"]
    records = [message for message in map(exact, lines.splitlines()) if message["type"] == "RECORD"]
    for stream in STREAMS:
        loaded = [exact(line) for line in (tmp_path / f"{stream}.jsonl").read_text().splitlines()]
        assert loaded == [message["record"] for message in records if message["stream"] == stream]
        plain = {row[f"{stream[:-1]}Id"]: {name: row[name] for name in row if name not in EMBEDDED} for row in loaded}
        assert plain == {row[f"{stream[:-1]}Id"]: row for row in shop[stream]}


def test_target_duckdb(pipe: Pipe, lines: str, tmp_path: Path) -> None:
    database = str(tmp_path / "shop.duckdb")
    state = load(DUCKDB, {"filepath": database, "default_target_schema": "clarity"}, lines, tmp_path)
    assert set(state["bookmarks"]) == set(STREAMS)
    *ids, total = query(QUERY, database, json.dumps(STREAMS))
    shop = pipe.sandbox.snapshot()["clarity"]
    for stream, found in zip(STREAMS, ids, strict=True):
        assert json.loads(found) == sorted(row[f"{stream[:-1]}Id"] for row in shop[stream])
    assert Decimal(total) == sum(row["totalAmount"] for row in shop["orders"])


def exact(line: str) -> Any:
    return json.loads(line, parse_float=Decimal)
