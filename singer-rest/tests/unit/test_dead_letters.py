"""Records that were set aside: one open per record and flow, tried again after a schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bent_clock import BentClock
from singer_rest.ledger import Ledger
from singer_rest.ledger.dead_letters import SCHEDULE

if TYPE_CHECKING:
    import pytest


def keep(ledger: Ledger, external_id: str = "1", **changed: Any) -> int:
    given: dict[str, Any] = {
        "stream": "things",
        "external_id": external_id,
        "flow": "f",
        "kind": "rejected",
        "reason": "no",
        "code": "400",
        "record": {"externalId": external_id},
        "source": {"updatedAt": "2026-01-01T00:00:00Z"},
    }
    return ledger.dead_letters.keep(**given | changed)


def test_attempts_count_and_the_newer_record_stays() -> None:
    ledger = Ledger.in_memory()
    number = keep(ledger, reason="newer")
    assert keep(ledger, reason="older", source={"updatedAt": "2025-01-01T00:00:00Z"}) == number
    letter = ledger.dead_letters.get(number)
    assert letter is not None
    assert (letter.attempts, letter.reason, letter.status) == (2, "newer", "open")
    assert ledger.dead_letters.open_keys() == {("things", "1", "f")}


def test_retries_have_a_schedule_and_end_dead() -> None:
    ledger = Ledger.in_memory()
    for seconds in SCHEDULE:
        letter = ledger.dead_letters.get(keep(ledger, kind="retry"))
        assert letter is not None
        assert letter.next_try_at is not None
        assert round((letter.next_try_at - letter.last_at).total_seconds()) == seconds
    assert ledger.dead_letters.due() == []
    assert len(ledger.dead_letters.due(datetime.now(UTC) + timedelta(days=1))) == 1
    dead = ledger.dead_letters.get(keep(ledger, kind="retry"))
    assert dead is not None
    assert (dead.kind, dead.next_try_at) == ("dead", None)
    assert ledger.dead_letters.retry([dead.id]) == 1
    assert [letter.id for letter in ledger.dead_letters.due()] == [dead.id]


def test_what_waits_for_a_record_is_found() -> None:
    ledger = Ledger.in_memory()
    keep(ledger, kind="waiting", waits_for=("things", "x"))
    assert [letter.external_id for letter in ledger.dead_letters.waiting_for("things", "x")] == ["1"]
    assert ledger.dead_letters.waiting_for("things", "y") == []


def test_closed_by_a_newer_record_of_the_flow_or_by_a_person() -> None:
    ledger = Ledger.in_memory()
    keep(ledger)
    close = ledger.dead_letters.close
    assert close("things", "1", "f", "2025-01-01T00:00:00Z") == 0
    assert close("things", "1", "g", None) == 0
    assert close("things", "1", "f", "2026-01-01T00:00:00Z") == 1
    number = keep(ledger)
    assert (ledger.dead_letters.discard(number), ledger.dead_letters.discard(number)) == (True, False)
    assert [letter.status for letter in ledger.dead_letters.all(status=None)] == ["closed", "discarded"]


def test_the_mappers_go_through_the_mapper_again() -> None:
    ledger = Ledger.in_memory()
    assert ledger.dead_letters.retry([keep(ledger, kind="mapper")]) == 0


def test_a_clock_that_was_set_back_keeps_no_letter_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = BentClock(monkeypatch)
    ledger = Ledger.in_memory()
    clock.jump(365 * 24 * 3600)
    keep(ledger, kind="retry")
    assert ledger.dead_letters.due() == []
    clock.jump(-365 * 24 * 3600)
    assert [letter.external_id for letter in ledger.dead_letters.due()] == ["1"]
    keep(ledger, kind="retry")
    assert ledger.dead_letters.due() == []  # the next try is by the clock of now


def test_a_letter_from_the_far_future_gives_way_to_what_comes() -> None:
    ledger = Ledger.in_memory()
    number = keep(ledger, source={"updatedAt": "9999-12-31T00:00:00Z"})
    assert keep(ledger, reason="newer") == number
    letter = ledger.dead_letters.get(number)
    assert letter is not None
    assert letter.reason == "newer"
    keep(ledger, external_id="2", source={"updatedAt": "9999-12-31T00:00:00Z"})
    assert ledger.dead_letters.close("things", "2", "f", "2026-01-01T00:00:00Z") == 1
