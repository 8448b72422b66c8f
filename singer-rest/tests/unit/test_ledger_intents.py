"""Requests that are about to be sent are known until the ledger knows their end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from bent_clock import BentClock
from singer_rest.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


def test_the_last_hint_counts() -> None:
    ledger = Ledger.in_memory()
    ledger.intents.open("things", "1", {"a": 1})
    ledger.intents.open("things", "1", {"a": [Decimal("1.50"), None]})
    intent = ledger.intents.get("things", "1")
    assert intent is not None
    assert intent.hint == {"a": [1.5, None]}
    ledger.intents.close("things", "1")
    assert ledger.intents.get("things", "1") is None


def test_a_hint_never_fails() -> None:
    ledger = Ledger.in_memory()
    ledger.intents.open("things", "1", {"a": "\ud800", "b": Decimal("NaN")})
    intent = ledger.intents.get("things", "1")
    assert intent is not None
    assert intent.hint == {"a": "\\ud800", "b": "NaN"}


def test_abandoned_are_those_that_nobody_is_at() -> None:
    ledger = Ledger.in_memory()
    for name in ("1", "2"):
        ledger.intents.open("things", name, {})
    with ledger.lease("things", "1"):
        assert [intent.external_id for intent in ledger.intents.abandoned()] == ["2"]
    ledger.bindings.bind("kind", "", "after the lease was given back", "")
    assert {intent.external_id for intent in ledger.intents.abandoned()} == {"1", "2"}


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_intent_is_as_old_as_it_was_seen_whatever_the_clock_says(
    hours: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/l.db"
    with Ledger.open(url, source="a", destination="b") as dead:
        dead.intents.open("things", "1", {})
    clock = BentClock(monkeypatch)
    clock.jump(hours * 3600)
    ledger = Ledger.open(url, source="a", destination="b")
    intent = ledger.intents.get("things", "1")
    assert intent is not None
    assert ledger.intents.age(intent) == 0
    clock.advance(20)
    assert ledger.intents.age(intent) == pytest.approx(20)
    ledger.intents.open("things", "2", {})
    another = ledger.intents.get("things", "2")
    assert another is not None
    clock.jump(3600)
    assert ledger.intents.age(another) == 0  # it was first seen now
    clock.advance(24 * 3600)
    assert ledger.intents.age(another) >= 24 * 3600
    ledger.close()


def test_an_intent_of_yesterday_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/l.db"
    with Ledger.open(url, source="a", destination="b") as dead:
        dead.intents.open("things", "1", {})
    BentClock(monkeypatch).jump(24 * 3600)
    with Ledger.open(url, source="a", destination="b") as ledger:
        intent = ledger.intents.get("things", "1")
        assert intent is not None
        assert ledger.intents.age(intent) > 3600
