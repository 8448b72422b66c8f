"""What the ledger remembers, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_rest_sink.errors import RecordFault, RecordRejected
from singer_rest_sink.ledger import Conflict, Content, Ledger, Link, canonical, content_hash
from singer_rest_sink.ledger.content import key_text, read_record, record_text
from singer_rest_sink.ledger.letters import SCHEDULE
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable

    Open = Callable[..., Ledger]

FIELDS = {"Total": Decimal("208.380"), "When": datetime(2024, 5, 1, tzinfo=UTC)}
VALUES = {"name": "Order 1 – Zoë", "fieldValues": FIELDS}


def content(values: dict[str, Any] = VALUES, updated_at: str = "2024-05-01T10:00:00Z", version: int = 1) -> Content:
    return Content(content_hash(values), canonical(values), updated_at, version)


def write(ledger: Ledger, external_id: str, vendor_key: str | None = "b1", **changed: Any) -> None:
    given: dict[str, Any] = {"flow": "order-box", "content": content(), "result": "created"} | changed
    ledger.written("boxes", external_id, vendor_key=vendor_key, **given)


def aside(ledger: Ledger, external_id: str = "1", **changed: Any) -> int:
    letter: dict[str, Any] = {
        "stream": "boxes",
        "external_id": external_id,
        "flow": "order-box",
        "kind": "rejected",
        "reason": "Insufficient params",
        "code": "400",
        "record": {"externalId": external_id, "total": Decimal("1.10")},
        "source": {"updatedAt": "2024-05-01T10:00:00Z"},
    }
    return ledger.set_aside(**letter | changed)


# links and contents


def test_what_was_written_is_found_again(ledger: Ledger) -> None:
    assert ledger.find("boxes", "1", "order-box") is None
    write(ledger, "1")
    known = ledger.find("boxes", "1", "order-box")
    assert known is not None
    assert known.link == Link("boxes", "1", "b1", "linked") == ledger.link("boxes", "1")
    assert known.content == content()
    assert known.content.values["fieldValues"] == {"Total": "208.380", "When": "2024-05-01T00:00:00Z"}
    assert ledger.links_to("boxes", "b1") == [known.link]


def test_each_flow_has_its_own_content(ledger: Ledger) -> None:
    write(ledger, "1")
    other = content({"phone": "1"})
    write(ledger, "1", None, flow="customer", content=other, result="remembered")
    assert ledger.contents("boxes", "1") == {"order-box": content(), "customer": other}
    assert ledger.link("boxes", "1") == Link("boxes", "1", "b1", "linked")
    assert ledger.find("boxes", "1", "nobody") is not None
    known = ledger.find("boxes", "1", "nobody")
    assert known is not None
    assert known.content is None


def test_a_first_sight_is_remembered_without_a_key(ledger: Ledger) -> None:
    write(ledger, "1", None, result="remembered")
    assert ledger.link("boxes", "1") == Link("boxes", "1", None, "open")
    assert ledger.writes_within("boxes", "1", 60) == 0


def test_the_last_content_counts(ledger: Ledger) -> None:
    first, second = content({"stage": "A"}), content({"stage": "B"})
    for one in (first, second, first):
        write(ledger, "1", content=one)
    assert ledger.contents("boxes", "1") == {"order-box": first}


def test_another_shop_or_team_is_another_world(open_ledger: Open) -> None:
    here, there, elsewhere = open_ledger(), open_ledger(source="shop-2"), open_ledger(destination="crm-2")
    write(here, "1")
    aside(here)
    here.bind("stage", "p1", "Won", "5005")
    for other in (there, elsewhere):
        assert other.find("boxes", "1", "order-box") is None
        assert other.letters() == []
        assert other.binding("stage", "p1", "Won") is None
    assert open_ledger().find("boxes", "1", "order-box") is not None


def test_a_ledger_is_born_once(open_ledger: Open) -> None:
    born = open_ledger().born
    time.sleep(0.01)
    assert open_ledger().born == born
    assert open_ledger(source="later").born > born


def test_adoption_links_without_content(ledger: Ledger) -> None:
    ledger.intend("boxes", "1", {})
    ledger.adopt("boxes", {"1": "b1", "2": "b2"})
    assert ledger.link("boxes", "2") == Link("boxes", "2", "b2", "linked")
    assert ledger.intent("boxes", "1") is not None  # nobody heard yet what became of it
    assert ledger.contents("boxes", "1") == {}


def test_detached_parked_and_back(ledger: Ledger) -> None:
    write(ledger, "1")
    ledger.detach("boxes", "1", "deleted by a person")
    assert ledger.link("boxes", "1") == Link("boxes", "1", "b1", "detached")
    ledger.park("boxes", "1", "loops")
    write(ledger, "1")
    assert ledger.link("boxes", "1") == Link("boxes", "1", "b1", "parked")
    ledger.unpark("boxes", "1")
    assert ledger.link("boxes", "1") == Link("boxes", "1", "b1", "linked")


def test_writes_are_counted_for_the_loop_breaker(ledger: Ledger) -> None:
    for result in ("created", "updated", "updated", "unchanged", "stale"):
        write(ledger, "1", result=result)
    ledger.note("boxes", "1", "order-box", "rejected", "400")
    assert ledger.writes_within("boxes", "1", 60) == 3
    time.sleep(0.05)
    assert ledger.writes_within("boxes", "1", 0.02) == 0


def test_the_log_has_no_unchanged_and_forgets_after_30_days(open_ledger: Open) -> None:
    ledger = open_ledger()
    run = ledger.start_run("run")
    write(ledger, "1", detail="a detail")
    write(ledger, "1", result="unchanged")
    ledger.detach("boxes", "1")
    assert rows(ledger, "SELECT run, result, detail FROM record_log ORDER BY id") == [
        (run, "created", "a detail"),
        (run, "detached", ""),
    ]
    with ledger._parts.database.begin() as connection:
        connection.execute(text("UPDATE record_log SET at = at - 2678400000 WHERE result = 'created'"))
    assert rows(open_ledger(), "SELECT result FROM record_log") == [("detached",)]


def rows(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    with ledger._parts.database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


# intents and leases


def test_an_intent_is_open_until_written(ledger: Ledger) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    ledger.intend("boxes", "1", {"name": "Order 1", "total": Decimal("1.0")})
    first = ledger.intent("boxes", "1")
    assert first is not None
    assert first.created_at > before
    assert first.hint["name"] == "Order 1"
    time.sleep(0.002)
    ledger.intend("boxes", "1", {"name": "again"})
    again = ledger.intent("boxes", "1")
    assert again is not None
    assert again.hint == {"name": "again"}
    assert again.created_at > first.created_at  # the last request counts: it may still take effect
    assert ledger.open_intents() == [again]
    write(ledger, "1")
    assert ledger.intent("boxes", "1") is None
    ledger.intend("boxes", "2", {})
    ledger.withdraw("boxes", "2")
    assert ledger.open_intents() == []


def test_a_lease_shows_all_that_is_known(ledger: Ledger) -> None:
    with ledger.lease("boxes", "1") as held:
        assert (held.link, held.contents, held.intent) == (None, {}, None)
        ledger.intend("boxes", "1", {"a": 1})
        assert ledger.open_intents() == []
    with ledger.lease("boxes", "1") as held:
        assert held.intent is not None
        write(ledger, "1")
    with ledger.lease("boxes", "1") as held, ledger.lease("boxes", "1") as again:
        assert held == again
        assert held.link == Link("boxes", "1", "b1", "linked")
        assert held.content("order-box") == content()
        assert held.content("other") is None


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


def test_a_lease_that_was_not_renewed_is_taken_over(open_ledger: Open) -> None:
    first, second = open_ledger(), open_ledger()
    with first.lease("boxes", "1"):
        with first._parts.database.begin() as connection:
            connection.execute(text("UPDATE leases SET until = until - 61000"))
        with second.lease("boxes", "1", wait_seconds=5):
            pass


def test_a_lease_that_is_held_is_renewed(open_ledger: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("singer_rest_sink.ledger.leases.RENEW_SECONDS", 0.05)
    ledger = open_ledger()
    with ledger.lease("boxes", "1"):
        first = rows(ledger, "SELECT until FROM leases")
        until = time.monotonic() + 10
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
                ledger.intend("boxes", name, {})
                write(ledger, name, f"key-{name}")
                found = ledger.find("boxes", name, "order-box")
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


# dead letters


def test_a_letter_keeps_all_that_a_person_needs(ledger: Ledger) -> None:
    number = aside(ledger, waits_for=("organizations", "o1"), kind="waiting")
    letter = ledger.letter(number)
    assert letter is not None
    assert (letter.stream, letter.external_id, letter.flow, letter.kind) == ("boxes", "1", "order-box", "waiting")
    assert (letter.reason, letter.code, letter.waits_for) == ("Insufficient params", "400", ("organizations", "o1"))
    assert letter.record == {"externalId": "1", "total": Decimal("1.10")}
    assert (letter.attempts, letter.status, letter.next_try_at) == (1, "open", None)
    assert letter.first_at == letter.last_at
    assert ledger.waiting_for("organizations", "o1") == [letter]
    assert ledger.waiting_for("organizations", "o2") == []
    assert ledger.open_letters() == {("boxes", "1", "order-box")}


def test_the_same_record_has_one_letter(ledger: Ledger) -> None:
    first = aside(ledger)
    assert aside(ledger, reason="other", code="404") == first
    assert aside(ledger, flow="other") != first
    letter = ledger.letter(first)
    assert letter is not None
    assert (letter.attempts, letter.reason, letter.code) == (2, "other", "404")
    assert letter.last_at >= letter.first_at


def test_an_older_version_does_not_replace_a_newer_one(ledger: Ledger) -> None:
    number = aside(ledger, record={"v": 2}, source={"updatedAt": "2024-05-01T10:00:00.500Z"})
    aside(ledger, record={"v": 1}, source={"updatedAt": "2024-05-01T10:00:00Z"})
    letter = ledger.letter(number)
    assert letter is not None
    assert letter.record == {"v": 2}
    assert letter.attempts == 2


def test_retries_come_later_and_later_and_end(ledger: Ledger) -> None:
    waits = []
    for _ in SCHEDULE:
        letter = ledger.letter(aside(ledger, kind="retry"))
        assert letter is not None
        assert letter.next_try_at is not None
        waits.append((letter.next_try_at - letter.last_at).total_seconds())
    assert waits == [5, 30, 120, 600, 3600, 21600]
    dead = ledger.letter(aside(ledger, kind="retry"))
    assert dead is not None
    assert (dead.kind, dead.next_try_at) == ("dead", None)
    assert ledger.retry([dead.id]) == 1
    assert [letter.kind for letter in ledger.due()] == ["retry"]


def test_letters_are_due_when_their_time_has_come(ledger: Ledger) -> None:
    slow, quick = aside(ledger, "slow", kind="retry"), aside(ledger, "quick", kind="rejected")
    aside(ledger, "mapper", kind="mapper")
    assert ledger.due() == []
    assert [one.id for one in ledger.due(datetime.now(UTC) + timedelta(seconds=6))] == [slow]
    numbers = [letter.id for letter in ledger.letters()]
    assert ledger.retry(numbers) == 2
    assert {one.id for one in ledger.due()} == {slow, quick}
    assert len(ledger.due(limit=1)) == 1


def test_a_newer_good_record_closes_letters(ledger: Ledger) -> None:
    number = aside(ledger)
    aside(ledger, flow="other")
    assert ledger.close_letters("boxes", "1", "order-box", "2024-05-01T09:59:59.999Z") == 0
    assert ledger.close_letters("boxes", "1", "order-box", "2024-05-01T12:00:00+02:00") == 1
    letter = ledger.letter(number)
    assert letter is not None
    assert letter.status == "closed"
    assert aside(ledger) != number
    assert ledger.close_letters("boxes", "1", None, None) == 2
    assert ledger.letters() == []
    assert len(ledger.letters(status=None, stream="boxes")) == 3


def test_a_letter_is_discarded_once(ledger: Ledger) -> None:
    number = aside(ledger)
    assert ledger.discard(number)
    assert not ledger.discard(number)
    assert [letter.id for letter in ledger.letters(status="discarded")] == [number]
    assert ledger.letter(4711) is None


def test_letters_that_are_done_with_are_forgotten(open_ledger: Open) -> None:
    ledger = open_ledger()
    aside(ledger, "open")
    ledger.discard(aside(ledger, "done"))
    with ledger._parts.database.begin() as connection:
        connection.execute(text("UPDATE dead_letters SET last_at = last_at - 2678400000"))
    assert [letter.external_id for letter in open_ledger().letters(status=None)] == ["open"]


def test_a_huge_record_is_set_aside_without_its_body(ledger: Ledger) -> None:
    letter = ledger.letter(aside(ledger, record={"notes": "x" * 5_000_000}))
    assert letter is not None
    assert letter.record == {"_left_out": "record of 5000012 bytes"}


# whatever comes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(record=st.dictionaries(st.text(), JSON, max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_record_can_be_kept(record: dict[str, Any]) -> None:
    kept = read_record(record_text(record))
    assert len(kept) <= len(record)


@given(stream=st.text(), external_id=st.text(st.characters(exclude_categories=[])), reason=st.text())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_can_be_a_key(ledger: Ledger, stream: str, external_id: str, reason: str) -> None:
    long = external_id * 2000
    for name in (external_id, long):
        ledger.written(stream, name, vendor_key="k", flow="f", content=content({}), result="created")
        assert ledger.find(stream, name, "f") is not None
        with ledger.lease(stream, name) as held:
            assert held.link is not None
        number = ledger.set_aside(
            stream=stream, external_id=name, flow="f", kind="rejected", reason=reason, code="x", record={}
        )
        assert ledger.discard(number)


def test_long_keys_stay_different() -> None:
    assert key_text("a" * 5000) != key_text("a" * 4999 + "b")
    assert len(key_text("é" * 5000)) <= 300
    assert key_text("Müller & Söhne") == "Müller & Söhne"


def test_equal_contents_have_equal_hashes() -> None:
    one = {"a": Decimal("1.10"), "b": {"x": 1, "y": [1, 2]}}
    assert content_hash(one) == content_hash({"b": {"y": [1, 2], "x": 1}, "a": Decimal("1.10")})
    assert content_hash(canonical(one)) == content_hash(one)
    assert len({content_hash({"a": value}) for value in (1, "1", True, None, [1], Decimal("1.0"), Decimal("1.1"))}) == 7
    for bad in ({"a": "\ud800"}, {"a": nested(10_000)}):
        with pytest.raises(RecordRejected):
            content_hash(bad)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# bindings and runs


def test_names_are_bound_to_keys(ledger: Ledger) -> None:
    assert ledger.binding("stage", "p1", "Won") is None
    ledger.bind("stage", "p1", "Won", "5001")
    ledger.bind("stage", "p2", "Won", "5002")
    ledger.bind("stage", "p1", "Won", "5003")
    assert ledger.binding("stage", "p1", "Won") == "5003"
    assert {(one.scope, one.vendor_key) for one in ledger.bindings("stage")} == {("p1", "5003"), ("p2", "5002")}
    assert ledger.bindings("field") == []


def test_what_both_sides_changed_is_kept_with_both_values(ledger: Ledger, open_ledger: Open) -> None:
    conflict = Conflict("orders", "1", "status", "shipped", None, {"was": "confirmed"}, "the owner wins")
    content = Content("h", {"status": "on_hold"})
    for number in range(2):
        found = [conflict] * number
        ledger.written("orders", "1", vendor_key="1", flow="back", content=content, result="updated", disagreed=found)
    (kept,) = ledger.conflicts()
    assert (kept.name, kept.source, kept.destination, kept.agreed) == ("status", "shipped", None, {"was": "confirmed"})
    assert kept.at is not None
    assert open_ledger(source="other").conflicts() == []


def test_runs_are_remembered(ledger: Ledger) -> None:
    first, second = ledger.start_run("run"), ledger.start_run("retry")
    ledger.end_run(first, {"created": 3, "waited": 1.5})
    latest, oldest = ledger.runs()
    assert (latest.id, latest.command, latest.ended_at) == (second, "retry", None)
    assert oldest.counts == {"created": 3, "waited": Decimal("1.5")}
    assert oldest.ended_at is not None
    assert oldest.ended_at >= oldest.started_at
    assert len(ledger.runs(1)) == 1


# reading only


def test_a_dry_run_reads_and_changes_nothing(open_ledger: Open) -> None:
    write(open_ledger(), "1")
    reader = open_ledger(read_only=True)
    with reader.lease("boxes", "1") as held:
        assert held.link == Link("boxes", "1", "b1", "linked")
    with pytest.raises(RuntimeError, match="read-only"):
        write(reader, "2")
    assert rows(reader, "SELECT count(*) FROM leases") == [(0,)]


def test_a_dry_run_before_the_first_run_finds_nothing(open_ledger: Open, ledger_url: str) -> None:
    reader = open_ledger(read_only=True)
    assert reader.find("boxes", "1", "order-box") is None
    assert reader.letters() == []
    assert reader.born <= datetime.now(UTC)
    assert not ledger_url.startswith("sqlite") or not Path(ledger_url[10:]).exists()


def test_a_dry_run_of_another_shop_finds_nothing(open_ledger: Open) -> None:
    write(open_ledger(), "1")
    assert open_ledger(source="other", read_only=True).find("boxes", "1", "order-box") is None
