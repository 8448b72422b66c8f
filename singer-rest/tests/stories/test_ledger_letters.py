"""Dead letters in the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ledgers import aside
from singer_rest.ledger import Ledger
from singer_rest.ledger.dead_letters import SCHEDULE
from sqlalchemy import text

if TYPE_CHECKING:
    from ledgers import Open
    from singer_rest.ledger import Ledger


def test_a_letter_keeps_all_that_a_person_needs(ledger: Ledger) -> None:
    number = aside(ledger, waits_for=("organizations", "o1"), kind="waiting")
    letter = ledger.dead_letters.get(number)
    assert letter is not None
    assert (letter.stream, letter.external_id, letter.flow, letter.kind) == ("boxes", "1", "order-box", "waiting")
    assert (letter.reason, letter.code, letter.waits_for) == ("Insufficient params", "400", ("organizations", "o1"))
    assert letter.record == {"externalId": "1", "total": Decimal("1.10")}
    assert (letter.attempts, letter.status, letter.next_try_at) == (1, "open", None)
    assert letter.first_at == letter.last_at
    assert ledger.dead_letters.waiting_for("organizations", "o1") == [letter]
    assert ledger.dead_letters.waiting_for("organizations", "o2") == []
    assert ledger.dead_letters.open_keys() == {("boxes", "1", "order-box")}


def test_the_same_record_has_one_letter(ledger: Ledger) -> None:
    first = aside(ledger)
    assert aside(ledger, reason="other", code="404") == first
    assert aside(ledger, flow="other") != first
    letter = ledger.dead_letters.get(first)
    assert letter is not None
    assert (letter.attempts, letter.reason, letter.code) == (2, "other", "404")
    assert letter.last_at >= letter.first_at


def test_an_older_version_does_not_replace_a_newer_one(ledger: Ledger) -> None:
    number = aside(ledger, record={"v": 2}, source={"updatedAt": "2024-05-01T10:00:00.500Z"})
    aside(ledger, record={"v": 1}, source={"updatedAt": "2024-05-01T10:00:00Z"})
    letter = ledger.dead_letters.get(number)
    assert letter is not None
    assert letter.record == {"v": 2}
    assert letter.attempts == 2


def test_retries_come_later_and_later_and_end(ledger: Ledger) -> None:
    waits = []
    for _ in SCHEDULE:
        letter = ledger.dead_letters.get(aside(ledger, kind="retry"))
        assert letter is not None
        assert letter.next_try_at is not None
        waits.append((letter.next_try_at - letter.last_at).total_seconds())
    assert waits == [5, 30, 120, 600, 3600, 21600]
    dead = ledger.dead_letters.get(aside(ledger, kind="retry"))
    assert dead is not None
    assert (dead.kind, dead.next_try_at) == ("dead", None)
    assert ledger.dead_letters.retry([dead.id]) == 1
    assert [letter.kind for letter in ledger.dead_letters.due()] == ["retry"]


def test_letters_are_due_when_their_time_has_come(ledger: Ledger) -> None:
    slow, quick = aside(ledger, "slow", kind="retry"), aside(ledger, "quick", kind="rejected")
    aside(ledger, "mapper", kind="mapper")
    assert ledger.dead_letters.due() == []
    assert [one.id for one in ledger.dead_letters.due(datetime.now(UTC) + timedelta(seconds=6))] == [slow]
    numbers = [letter.id for letter in ledger.dead_letters.all()]
    assert ledger.dead_letters.retry(numbers) == 2
    assert {one.id for one in ledger.dead_letters.due()} == {slow, quick}
    assert len(ledger.dead_letters.due(limit=1)) == 1


def test_a_newer_good_record_closes_letters(ledger: Ledger) -> None:
    number = aside(ledger)
    aside(ledger, flow="other")
    assert ledger.dead_letters.close("boxes", "1", "order-box", "2024-05-01T09:59:59.999Z") == 0
    assert ledger.dead_letters.close("boxes", "1", "order-box", "2024-05-01T12:00:00+02:00") == 1
    letter = ledger.dead_letters.get(number)
    assert letter is not None
    assert letter.status == "closed"
    assert aside(ledger) != number
    assert ledger.dead_letters.close("boxes", "1", None, None) == 2
    assert ledger.dead_letters.all() == []
    assert len(ledger.dead_letters.all(status=None, stream="boxes")) == 3


def test_a_letter_is_discarded_once(ledger: Ledger) -> None:
    number = aside(ledger)
    assert ledger.dead_letters.discard(number)
    assert not ledger.dead_letters.discard(number)
    assert [letter.id for letter in ledger.dead_letters.all(status="discarded")] == [number]
    assert ledger.dead_letters.get(4711) is None


def test_letters_that_are_done_with_are_forgotten(open_ledger: Open) -> None:
    ledger = open_ledger()
    aside(ledger, "open")
    ledger.dead_letters.discard(aside(ledger, "done"))
    with ledger._database.begin() as connection:
        connection.execute(text("UPDATE dead_letters SET last_at = last_at - 2678400000"))
    assert [letter.external_id for letter in open_ledger().dead_letters.all(status=None)] == ["open"]


def test_a_huge_record_is_set_aside_without_its_body(ledger: Ledger) -> None:
    letter = ledger.dead_letters.get(aside(ledger, record={"notes": "x" * 5_000_000}))
    assert letter is not None
    assert letter.record == {"_left_out": "record of 5000012 bytes"}
