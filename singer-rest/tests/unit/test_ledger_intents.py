"""Requests that are about to be sent are known until the ledger knows their end."""

from __future__ import annotations

from decimal import Decimal

from singer_rest.ledger import Ledger


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
