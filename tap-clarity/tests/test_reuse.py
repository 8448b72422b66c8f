"""Somebody else's target loads every stream as it is."""

import json
import subprocess
import venv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def target_jsonl(pytestconfig: pytest.Config) -> Path:
    """The target from PyPI; it wants another jsonschema than the SDK, so it lives in a venv of its own, made once."""
    home = pytestconfig.cache.mkdir("target-jsonl-0.1.4")
    program = home / "bin" / "target-jsonl"
    if not program.exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", "target-jsonl==0.1.4"], check=True, timeout=120)
    return program


def test_target_jsonl_loads_every_stream_unchanged(runs: Any, sandbox: Any, target_jsonl: Path, tmp_path: Path) -> None:
    sandbox.reset("demo")
    done = runs.program()
    (tmp_path / "config.json").write_text(json.dumps({"destination_path": str(tmp_path), "do_timestamp_file": False}))
    loaded = subprocess.run(
        [target_jsonl, "--config", tmp_path / "config.json"],
        input=done.stdout,
        capture_output=True,
        text=True,
        check=True,
    )
    records = [message for message in map(parse, done.stdout.splitlines()) if message["type"] == "RECORD"]
    for stream in ("customers", "products", "orders", "payments", "invoices"):
        read = [message["record"] for message in records if message["stream"] == stream]
        assert len(read) > 0
        assert list(map(parse, (tmp_path / f"{stream}.jsonl").read_text().splitlines())) == read
        api = {row[f"{stream[:-1]}Id"]: row for row in sandbox.snapshot()["clarity"][stream]}
        assert {row[f"{stream[:-1]}Id"]: {name: row[name] for name in row if name != "customer"} for row in read} == api
    assert set(json.loads(loaded.stdout)["bookmarks"]) == {"customers", "products", "orders", "payments", "invoices"}


def parse(line: str) -> Any:
    return json.loads(line, parse_float=Decimal)
