"""What happened to each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bent_clock import BentClock
from singer_rest.ledger import Content, Ledger

if TYPE_CHECKING:
    import pytest


def test_the_log_counts_writes_since_a_person_unparked() -> None:
    ledger = Ledger.in_memory()
    for result in ("created", "updated", "unchanged", "rejected"):
        ledger.links.written("things", "1", vendor_key="k", flow="f", content=Content("h", {}), result=result)
    ledger.record_log.note("things", "1", "f", "stale")
    assert ledger.record_log.writes_within("things", "1", 60) == 2
    assert ledger.record_log.writes_within("things", "2", 60) == 0


def test_a_clock_that_was_set_back_makes_no_loop_of_ordinary_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, clock = Ledger.in_memory(), BentClock(monkeypatch)
    for _ in range(6):
        clock.advance(600)
        ledger.links.written("things", "1", vendor_key="k", flow="f", content=Content("h", {}), result="updated")
    clock.jump(-3600)
    assert ledger.record_log.writes_within("things", "1", 60) == 0
