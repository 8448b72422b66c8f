"""One record, one hand: intents, leases and commits in groups, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from ledgers import content, rows, write
from singer_rest.errors import RecordFault, RecordRejected
from singer_rest.ledger import Ledger, Link
from sqlalchemy import text

if TYPE_CHECKING:
    from ledgers import Open
    from singer_rest.ledger import Ledger


# intents and leases


def test_an_intent_is_open_until_written(ledger: Ledger) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    ledger.intents.open("boxes", "1", {"name": "Order 1", "total": Decimal("1.0")})
    first = ledger.intents.get("boxes", "1")
    assert first is not None
    assert first.created_at > before
    assert first.hint["name"] == "Order 1"
    time.sleep(0.002)
    ledger.intents.open("boxes", "1", {"name": "again"})
    again = ledger.intents.get("boxes", "1")
    assert again is not None
    assert again.hint == {"name": "again"}
    assert again.created_at > first.created_at  # the last request counts: it may still take effect
    assert ledger.intents.abandoned() == [again]
    write(ledger, "1")
    assert ledger.intents.get("boxes", "1") is None
    ledger.intents.open("boxes", "2", {})
    ledger.intents.close("boxes", "2")
    assert ledger.intents.abandoned() == []


def test_a_lease_shows_all_that_is_known(ledger: Ledger) -> None:
    with ledger.lease("boxes", "1") as held:
        assert (held.link, held.contents, held.intent) == (None, {}, None)
        ledger.intents.open("boxes", "1", {"a": 1})
        assert ledger.intents.abandoned() == []
    with ledger.lease("boxes", "1") as held:
        assert held.intent is not None
        write(ledger, "1")
    with ledger.lease("boxes", "1") as held, ledger.lease("boxes", "1") as again:
        assert held == again
        assert held.link == Link("boxes", "1", "b1", "linked")
        assert held.contents.get("order-box") == content()
        assert held.contents.get("other") is None


@pytest.mark.parametrize("who", ["thread", "process"])
def test_one_at_a_time(open_ledger: Open, who: str) -> None:
    first = open_ledger()
    second = first if who == "thread" else open_ledger()
    order: list[str] = []
    inside = threading.Event()

    def other() -> None:
        inside.wait()
        with second.lease("boxes", "1") as held:
            order.append(f"second sees {held.link.vendor_key if held.link else None}")

    lane = threading.Thread(target=other)
    lane.start()
    with first.lease("boxes", "1"):
        inside.set()
        time.sleep(0.2)
        write(first, "1")
        order.append("first is done")
    lane.join()
    assert order == ["first is done", "second sees b1"]


def test_another_record_waits_for_nobody(open_ledger: Open) -> None:
    first, second = open_ledger(), open_ledger()
    with first.lease("boxes", "1"), second.lease("boxes", "2"), second.lease("contacts", "1"):
        pass


@pytest.mark.parametrize("who", ["thread", "process"])
def test_nobody_waits_for_ever(open_ledger: Open, who: str) -> None:
    first = open_ledger()
    second = first if who == "thread" else open_ledger()
    with first.lease("boxes", "1"), ThreadPoolExecutor(1) as pool, pytest.raises(RecordFault) as caught:
        pool.submit(second.lease("boxes", "1", wait_seconds=0.2).__enter__).result()
    assert caught.value.code == "leased"
    with second.lease("boxes", "1"):
        pass


ELSEWHERE = "target@other-machine/12345678/pid:[1]|17|99|abc"
HOUR_MS = 3_600_000


def held_elsewhere(ledger: Ledger, until: int) -> None:
    """A lease of another machine's process; `until`: milliseconds from now on."""
    with ledger.lease("boxes", "1"):
        pass
    write(ledger, "other")
    with ledger._database.begin() as connection:
        scope = connection.execute(text("SELECT max(id) FROM scopes")).scalar_one()
        connection.execute(text("DELETE FROM leases"))
        now = connection.execute(text("SELECT max(changed_at) FROM links")).scalar_one()
        connection.execute(
            text("INSERT INTO leases VALUES (:scope, 'boxes', '1', :owner, :until)"),
            {"scope": scope, "owner": ELSEWHERE, "until": now + until},
        )


def set_until(ledger: Ledger, change: int) -> None:
    with ledger._database.begin() as connection:
        connection.execute(text("UPDATE leases SET until = until + :change"), {"change": change})


@pytest.mark.parametrize("jump", [-3 * HOUR_MS, -HOUR_MS, HOUR_MS])
def test_no_clock_takes_a_lease_from_who_lives(open_ledger: Open, jump: int) -> None:
    first, second = open_ledger(), open_ledger()
    with first.lease("boxes", "1"):
        set_until(first, jump)
        with pytest.raises(RecordFault):
            second.lease("boxes", "1", wait_seconds=0.2).__enter__()


@pytest.mark.parametrize("until", [-HOUR_MS, 50_000, HOUR_MS])
def test_another_machines_lease_is_taken_when_nobody_renews_it(
    open_ledger: Open, until: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger()
    held_elsewhere(ledger, until)
    with pytest.raises(RecordFault):
        ledger.lease("boxes", "1", wait_seconds=0.2).__enter__()
    monkeypatch.setattr("singer_rest.ledger.leases.LEASE_MS", 200)
    with ledger.lease("boxes", "1", wait_seconds=50):
        pass


def test_another_machines_lease_that_is_renewed_is_not_taken(
    open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger()
    held_elsewhere(ledger, -HOUR_MS)
    monkeypatch.setattr("singer_rest.ledger.leases.LEASE_MS", 2_000)
    done = threading.Event()

    def renew() -> None:
        while not done.wait(0.05):
            set_until(ledger, 50)

    owner = threading.Thread(target=renew)
    owner.start()
    with pytest.raises(RecordFault):
        ledger.lease("boxes", "1", wait_seconds=3).__enter__()
    done.set()
    owner.join()


def test_another_machines_lease_that_ended_hours_ago_is_taken_at_once(open_ledger: Open) -> None:
    ledger = open_ledger()
    held_elsewhere(ledger, -3 * HOUR_MS)
    with ledger.lease("boxes", "1", wait_seconds=0.2):
        pass
    held_elsewhere(ledger, -HOUR_MS)
    ledger.intents.open("boxes", "1", {})
    assert ledger.intents.abandoned() == []  # perhaps somebody is at it
    set_until(ledger, -2 * HOUR_MS)
    assert len(ledger.intents.abandoned()) == 1


def test_a_lease_that_is_held_is_renewed(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("singer_rest.ledger.leases.RENEW_SECONDS", 0.05)
    ledger = open_ledger()
    with ledger.lease("boxes", "1"):
        first = rows(ledger, "SELECT until FROM leases")
        until = time.monotonic() + 60
        while rows(ledger, "SELECT until FROM leases") == first and time.monotonic() < until:
            time.sleep(0.02)
        assert rows(ledger, "SELECT until FROM leases") > first


def test_leases_are_given_back(open_ledger: Open) -> None:
    ledger = open_ledger()
    with ledger.lease("boxes", "1"):
        assert rows(ledger, "SELECT external_id FROM leases") == [("1",)]
    held = ledger.lease("boxes", "2")
    held.__enter__()
    ledger.close()
    assert rows(open_ledger(), "SELECT external_id FROM leases") == []


def test_a_lane_that_fails_gives_back_its_lease(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.lease("boxes", "1"):
            raise RecordRejected("no")

    with pytest.raises(RecordRejected):
        fail()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: ledger.lease("boxes", "1", wait_seconds=1).__enter__()).result()


# group commit


def test_eight_lanes_write_together(ledger: Ledger) -> None:
    def lane(number: int) -> None:
        for step in range(25):
            name = f"{number}-{step}"
            with ledger.lease("boxes", name):
                ledger.intents.open("boxes", name, {})
                write(ledger, name, f"key-{name}")
                found = ledger.links.find("boxes", name, "order-box")
                assert found is not None
                assert found.link.vendor_key == f"key-{name}"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lane, range(8)))
    assert rows(ledger, "SELECT count(*), count(DISTINCT vendor_key) FROM links") == [(200, 200)]
    assert rows(ledger, "SELECT count(*) FROM intents") == [(0,)]
    assert rows(ledger, "SELECT count(*) FROM record_log") == [(200,)]


def test_one_bad_write_in_a_group_fails_alone(ledger: Ledger) -> None:
    def lane(number: int) -> None:
        # a version that no database can hold
        version = 2**70 if number % 10 == 0 else number
        write(ledger, str(number), content=content(version=version))

    with ThreadPoolExecutor(8) as pool:
        errors = [one.exception() for one in [pool.submit(lane, number) for number in range(100)]]
    assert [number for number, error in enumerate(errors) if error] == list(range(0, 100, 10))
    assert rows(ledger, "SELECT count(*) FROM contents") == [(90,)]
