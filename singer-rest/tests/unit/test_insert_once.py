"""Effects are made once, or once per change of a watched value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fake_sinks import Notes, record, things
from singer_rest.errors import ApiError, RecordRejected
from singer_rest.sync.insert_once import insert_once, too_old


def notes(**properties: Any) -> Notes:
    sink = things(sink_class=Notes, **properties)
    assert isinstance(sink, Notes)
    return sink


def run(sink: Notes, external_id: str = "1", **values: Any) -> Any:
    return insert_once(sink, record(sink, external_id, **values))


def made(sink: Notes) -> int:
    return sink.asked.count("create")


def test_once() -> None:
    sink = notes()
    assert [run(sink, text="a").result, run(sink, text="b").result] == ["created", "unchanged"]
    assert made(sink) == 1


def test_what_is_there_is_taken_over() -> None:
    sink = notes()
    sink.store("k9", id="1")
    assert (run(sink).detail, made(sink)) == ("was there before", 0)


def test_what_a_dead_run_made_is_ours() -> None:
    sink = notes()
    sink.ledger.intents.open("notes", "1", {})
    sink.store("k9", id="1")
    assert (run(sink).result, made(sink)) == ("created", 0)


def test_before_effects_since_nothing_is_made() -> None:
    sink = notes()
    assert run(sink, date="2019-12-31T23:59:59Z").detail == "before effects_since"
    assert made(sink) == 0
    assert too_old(record(sink, date="2020-01-01T01:00:00+02:00"), datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(RecordRejected, match="no ISO instant"):
        too_old(record(sink, date="soon"), datetime(2020, 1, 1, tzinfo=UTC))


def test_nothing_happens_to_a_record_that_a_person_deleted() -> None:
    sink = notes()
    sink.ledger.links.adopt("things", {"t": "k-t"})
    sink.ledger.links.set_state("things", "t", "detached")
    assert (run(sink, thingId="t").result, made(sink)) == ("detached", 0)


def test_a_thing_that_is_found_deleted_is_detached() -> None:
    sink = notes()
    sink.ledger.links.adopt("things", {"t": "k-t"})
    sink.refusals = [ApiError(404, "gone", "POST", "/notes")]
    assert run(sink, thingId="t").result == "detached"
    link = sink.ledger.links.get("things", "t")
    assert link is not None
    assert link.state == "detached"


def watched(sink: Notes, value: Any, **change: Any) -> Any:
    return run(sink, change={"path": "status", "value": value, **change})


def test_each_change_of_a_watched_value_makes_one() -> None:
    sink = notes()
    assert watched(sink, "new").detail == "remembered"
    assert [watched(sink, value).result for value in ("paid", "paid", "new", "paid")] == [
        "created",
        "unchanged",
        "created",
        "created",
    ]
    assert sorted(sink.stored) == ["k-1:1", "k-1:2", "k-1:3"]


def test_the_first_value_may_make_one_and_a_value_may_only_be_remembered() -> None:
    sink = notes()
    assert watched(sink, "new", first=True).result == "created"
    assert watched(sink, "paid", remember=True).result == "unchanged"
    assert watched(sink, "paid").result == "unchanged"
    assert made(sink) == 1


def test_an_older_state_of_the_source_makes_none() -> None:
    sink = notes()
    watched(sink, "new")
    earlier = run(sink, change={"path": "status", "value": "paid"}, updated_at="2026-03-01T12:00:00Z")
    assert earlier.result == "stale"


def test_a_run_that_died_before_it_remembered_does_not_stand_for_another_value() -> None:
    sink = notes()
    watched(sink, "new")
    content = record(sink).content({"value": "paid"})
    sink.ledger.links.written("notes", "1:1", vendor_key="k-1:1", flow="f", content=content, result="created")
    assert watched(sink, "shipped").result == "created"
    assert [*sink.stored] == ["k-1:2"]
