"""A ledger and a team that the version before the rebuild left: a run over them writes nothing.

`data/before.*`: its ledger as SQL, what the sandbox had of Streak, and the Singer lines of its last run.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture
def before(shop: Any, tmp_path: Path) -> Any:
    """The shop as it was left; its API has another port now."""
    snapshot = json.loads((DATA / "before.streak.json").read_text())
    shop.sandbox.load(
        {"system": "streak", "type": kind, "record": record} for kind, records in snapshot.items() for record in records
    )
    with closing(sqlite3.connect(tmp_path / "before.db")) as database:
        database.executescript((DATA / "before.ledger.sql").read_text())
        team = snapshot["teams"][0]["key"]
        database.execute("UPDATE scopes SET destination = ?", [f"{shop.sandbox.streak_url} {team}"])
        database.commit()
    shop.settings["ledger_url"] = f"sqlite:///{tmp_path / 'before.db'}"
    return shop


def test_a_run_over_it_writes_nothing(before: Any) -> None:
    ran = before.run(*(DATA / "before.singer").read_text().splitlines())
    assert ran.writes == []
    assert ran.counts["streams"] == {
        "boxes": {"unchanged": 3},
        "comments": {"unchanged": 2, "waiting": 1},
        "contacts": {"unchanged": 2},
        "organizations": {"unchanged": 1},
        "tasks": {"unchanged": 2},
    }


def test_a_change_is_sent_alone(before: Any) -> None:
    lines = [json.loads(line) for line in (DATA / "before.singer").read_text().splitlines()]
    box = next(line for line in lines if line["type"] == "RECORD" and line["stream"] == "boxes")
    box["record"]["notes"] = "call first"
    box["record"]["_source"]["updatedAt"] = "2026-03-03T12:00:00Z"
    ran = before.run(*map(json.dumps, lines))
    assert [call.partition(" /v1/boxes/")[0] for call in ran.writes] == ["POST"]


def test_its_dead_letter_is_still_there(before: Any) -> None:
    assert "payment:P9:captured" in before.shell("dead-letters", "list").stdout
