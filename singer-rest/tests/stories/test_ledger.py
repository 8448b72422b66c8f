"""What the ledger remembers, on SQLite and on PostgreSQL."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import aside, content, rows, write
from singer_rest.errors import RecordRejected
from singer_rest.ledger import Conflict, Content, Ledger, Link, canonical, content_hash
from singer_rest.ledger.content import key_text, read_record, record_text
from sqlalchemy import text

if TYPE_CHECKING:
    from ledgers import Open
    from singer_rest.ledger import Ledger


# links and contents


def test_what_was_written_is_found_again(ledger: Ledger) -> None:
    assert ledger.links.find("boxes", "1", "order-box") is None
    write(ledger, "1")
    known = ledger.links.find("boxes", "1", "order-box")
    assert known is not None
    assert known.link == Link("boxes", "1", "b1", "linked") == ledger.links.get("boxes", "1")
    assert known.content == content()
    assert known.content.values["fieldValues"] == {"Total": "208.380", "When": "2024-05-01T00:00:00Z"}
    assert ledger.links.to_key("boxes", "b1") == [known.link]


def test_each_flow_has_its_own_content(ledger: Ledger) -> None:
    write(ledger, "1")
    other = content({"phone": "1"})
    write(ledger, "1", None, flow="customer", content=other, result="remembered")
    assert ledger.links.contents("boxes", "1") == {"order-box": content(), "customer": other}
    assert ledger.links.get("boxes", "1") == Link("boxes", "1", "b1", "linked")
    assert ledger.links.find("boxes", "1", "nobody") is not None
    known = ledger.links.find("boxes", "1", "nobody")
    assert known is not None
    assert known.content is None


def test_a_first_sight_is_remembered_without_a_key(ledger: Ledger) -> None:
    write(ledger, "1", None, result="remembered")
    assert ledger.links.get("boxes", "1") == Link("boxes", "1", None, "open")
    assert ledger.record_log.writes_within("boxes", "1", 60) == 0


def test_the_last_content_counts(ledger: Ledger) -> None:
    first, second = content({"stage": "A"}), content({"stage": "B"})
    for one in (first, second, first):
        write(ledger, "1", content=one)
    assert ledger.links.contents("boxes", "1") == {"order-box": first}


def test_another_shop_or_team_is_another_world(open_ledger: Open) -> None:
    here, there, elsewhere = open_ledger(), open_ledger(source="shop-2"), open_ledger(destination="crm-2")
    write(here, "1")
    aside(here)
    here.bindings.bind("stage", "p1", "Won", "5005")
    for other in (there, elsewhere):
        assert other.links.find("boxes", "1", "order-box") is None
        assert other.dead_letters.all() == []
        assert other.bindings.get("stage", "p1", "Won") is None
    assert open_ledger().links.find("boxes", "1", "order-box") is not None


def test_a_ledger_is_born_once(open_ledger: Open) -> None:
    born = open_ledger().born
    time.sleep(0.01)
    assert open_ledger().born == born
    assert open_ledger(source="later").born > born


def test_adoption_links_without_content(ledger: Ledger) -> None:
    ledger.intents.open("boxes", "1", {})
    ledger.links.adopt("boxes", {"1": "b1", "2": "b2"})
    assert ledger.links.get("boxes", "2") == Link("boxes", "2", "b2", "linked")
    assert ledger.intents.get("boxes", "1") is not None  # nobody heard yet what became of it
    assert ledger.links.contents("boxes", "1") == {}


def test_detached_parked_and_back(ledger: Ledger) -> None:
    write(ledger, "1")
    ledger.links.set_state("boxes", "1", "detached", "deleted by a person")
    assert ledger.links.get("boxes", "1") == Link("boxes", "1", "b1", "detached")
    ledger.links.set_state("boxes", "1", "parked", "loops")
    write(ledger, "1")
    assert ledger.links.get("boxes", "1") == Link("boxes", "1", "b1", "parked")
    ledger.links.unpark("boxes", "1")
    assert ledger.links.get("boxes", "1") == Link("boxes", "1", "b1", "linked")


def test_writes_are_counted_for_the_loop_breaker(ledger: Ledger) -> None:
    for result in ("created", "updated", "updated", "unchanged", "stale"):
        write(ledger, "1", result=result)
    ledger.record_log.note("boxes", "1", "order-box", "rejected", "400")
    assert ledger.record_log.writes_within("boxes", "1", 60) == 3
    time.sleep(0.05)
    assert ledger.record_log.writes_within("boxes", "1", 0.02) == 0


def test_the_log_has_no_unchanged_and_forgets_after_30_days(open_ledger: Open) -> None:
    ledger = open_ledger()
    run = ledger.runs.start("run")
    write(ledger, "1", detail="a detail")
    write(ledger, "1", result="unchanged")
    ledger.links.set_state("boxes", "1", "detached")
    assert rows(ledger, "SELECT run, result, detail FROM record_log ORDER BY id") == [
        (run, "created", "a detail"),
        (run, "detached", ""),
    ]
    with ledger._database.begin() as connection:
        connection.execute(text("UPDATE record_log SET at = at - 2678400000 WHERE result = 'created'"))
    assert rows(open_ledger(), "SELECT result FROM record_log") == [("detached",)]


# bindings and runs


def test_names_are_bound_to_keys(ledger: Ledger) -> None:
    assert ledger.bindings.get("stage", "p1", "Won") is None
    ledger.bindings.bind("stage", "p1", "Won", "5001")
    ledger.bindings.bind("stage", "p2", "Won", "5002")
    ledger.bindings.bind("stage", "p1", "Won", "5003")
    assert ledger.bindings.get("stage", "p1", "Won") == "5003"
    assert {(one.scope, one.vendor_key) for one in ledger.bindings.of_kind("stage")} == {("p1", "5003"), ("p2", "5002")}
    assert ledger.bindings.of_kind("field") == []


def test_what_both_sides_changed_is_kept_with_both_values(ledger: Ledger, open_ledger: Open) -> None:
    conflict = Conflict("orders", "1", "status", "shipped", None, {"was": "confirmed"}, "the owner wins")
    content = Content("h", {"status": "on_hold"})
    for number in range(2):
        found = [conflict] * number
        ledger.links.written(
            "orders", "1", vendor_key="1", flow="back", content=content, result="updated", disagreed=found
        )
    (kept,) = ledger.conflicts.all()
    assert (kept.name, kept.source, kept.destination, kept.agreed) == ("status", "shipped", None, {"was": "confirmed"})
    assert kept.at is not None
    assert open_ledger(source="other").conflicts.all() == []


def test_runs_are_remembered(ledger: Ledger) -> None:
    first, second = ledger.runs.start("run"), ledger.runs.start("retry")
    ledger.runs.end(first, {"created": 3, "waited": 1.5})
    latest, oldest = ledger.runs.latest()
    assert (latest.id, latest.command, latest.ended_at) == (second, "retry", None)
    assert oldest.counts == {"created": 3, "waited": Decimal("1.5")}
    assert oldest.ended_at is not None
    assert oldest.ended_at >= oldest.started_at
    assert len(ledger.runs.latest(1)) == 1


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
    assert reader.links.find("boxes", "1", "order-box") is None
    assert reader.dead_letters.all() == []
    assert reader.born <= datetime.now(UTC)
    assert not ledger_url.startswith("sqlite") or not Path(ledger_url[10:]).exists()


def test_a_dry_run_of_another_shop_finds_nothing(open_ledger: Open) -> None:
    write(open_ledger(), "1")
    assert open_ledger(source="other", read_only=True).links.find("boxes", "1", "order-box") is None


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
        ledger.links.written(stream, name, vendor_key="k", flow="f", content=content({}), result="created")
        assert ledger.links.find(stream, name, "f") is not None
        with ledger.lease(stream, name) as held:
            assert held.link is not None
        number = ledger.dead_letters.keep(
            stream=stream, external_id=name, flow="f", kind="rejected", reason=reason, code="x", record={}
        )
        assert ledger.dead_letters.discard(number)


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
