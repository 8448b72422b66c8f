"""Answers that lack what was sent: read again, sent the other way, remembered; else not kept, and said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_sinks import Things, record, things
from singer_rest.errors import ApiError
from singer_rest.sync.insert_once import insert_once
from singer_rest.sync.upsert import upsert

FIRST, SECOND, THIRD = (f"2026-03-0{day}T12:00:00Z" for day in (2, 3, 4))


class Bent(Things):
    """An API whose updates ignore, refuse to clear, or answer late some properties."""

    other_ways = frozenset({"total", "note"})
    dispensable = frozenset({"owner"})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.ignores: set[str] = set()
        self.answers_without: set[str] = set()
        self.refuses_blanks = self.other_way_ignores = False

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:
        if self.refuses_blanks and not all(body.values()):
            self._call("update", body)
            raise ApiError(400, "must not be empty", "POST", f"/things/{key}")
        super().update(key, {name: value for name, value in body.items() if name not in self.ignores}, seen)
        return {name: value for name, value in self.stored[key].items() if name not in self.answers_without}

    def update_slot(self, key: str, slot: str, value: Any) -> Any:
        self._call("update_slot", {slot: value})
        if not self.other_way_ignores:
            self.stored[key][slot] = value
        return self.stored[key].get(slot)


def run(sink: Things, *, again: bool = False, **values: Any) -> Any:
    wanted = record(sink, **values)
    return upsert(sink, replace(wanted, again=True) if again else wanted)


def bent(**said: Any) -> Bent:
    sink = things(sink_class=Bent, **said)
    assert isinstance(sink, Bent)
    run(sink, name="a", total="1", note="n", owner="o", updated_at=FIRST)
    sink.calls.clear()
    return sink


def test_a_good_answer_costs_nothing() -> None:
    sink = bent()
    assert run(sink, name="b", total="2", note="n", owner="o", updated_at=SECOND).not_kept == ()
    assert sink.asked == ["update"]


def test_what_an_update_ignores_goes_the_other_way_and_is_kept_to() -> None:
    sink = bent()
    sink.ignores = {"total"}
    assert run(sink, name="a", total="2", note="n", owner="o", updated_at=SECOND).result == "updated"
    assert sink.stored["k-1"]["total"] == "2"
    assert sink.asked == ["update", "read", "update_slot", "read"]
    sink.calls.clear()
    another = things(ledger=sink.ledger, sink_class=Bent)
    another.stored = sink.stored
    assert run(another, name="b", total="3", note="n", owner="o", updated_at=THIRD).result == "updated"
    assert another.calls == [("update", {"name": "b"}), ("update_slot", {"total": "3"})]
    assert sink.stored["k-1"]["total"] == "3"


def test_an_answer_that_leaves_something_out_is_no_loss() -> None:
    sink = bent()
    sink.answers_without = {"total", "name"}
    assert run(sink, name="b", total="2", note="n", owner="o", updated_at=SECOND).not_kept == ()
    assert sink.asked == ["update", "read"]
    run(sink, name="c", total="3", note="n", owner="o", updated_at=THIRD)
    assert sink.asked == ["update", "read", "update"]


def test_what_no_way_keeps_is_rejected_and_left_alone_until_somebody_asks() -> None:
    sink = bent()
    sink.ignores, sink.other_way_ignores = {"total"}, True
    values: dict[str, Any] = {"name": "a", "total": "2", "note": "n", "owner": "o", "updated_at": SECOND}
    outcome = run(sink, **values)
    assert (outcome.result, outcome.not_kept) == ("rejected", ("total",))
    sink.calls.clear()
    assert (run(sink, **values).not_kept, sink.calls) == (("total",), [])
    assert run(sink, **values | {"name": "b", "updated_at": THIRD}).result == "rejected"
    assert sink.calls == [("update", {"name": "b"})]
    sink.ignores = set()
    outcome = run(sink, again=True, **values | {"name": "b", "updated_at": THIRD})
    assert (outcome.result, outcome.not_kept) == ("updated", ())
    assert sink.stored["k-1"]["total"] == "2"
    sink.calls.clear()
    assert (run(sink, **values | {"name": "b", "updated_at": THIRD}).result, sink.calls) == ("unchanged", [])


def test_a_new_value_of_what_was_not_kept_is_tried() -> None:
    sink = bent()
    sink.ignores = {"name"}
    assert run(sink, name="b", total="1", note="n", owner="o", updated_at=SECOND).result == "rejected"
    sink.ignores = set()
    assert run(sink, name="c", total="1", note="n", owner="o", updated_at=THIRD).result == "updated"
    assert sink.stored["k-1"]["name"] == "c"


def test_what_can_be_done_without_rejects_nothing() -> None:
    sink = bent()
    sink.ignores = {"owner"}
    outcome = run(sink, name="b", total="1", note="n", owner="p", updated_at=SECOND)
    assert (outcome.result, outcome.not_kept) == ("updated", ("owner",))
    assert run(sink, name="b", total="1", note="n", owner="p", updated_at=SECOND).not_kept == ()
    assert run(sink, name="b", total="1", note="n", owner="q", updated_at=THIRD).result == "unchanged"


@pytest.mark.parametrize("other_way", [True, False])
def test_clearing_that_is_refused_costs_nothing_else(other_way: bool) -> None:  # noqa: FBT001
    sink = bent()
    sink.refuses_blanks, sink.other_way_ignores = True, not other_way
    outcome = run(sink, name="b", total="", note="n", owner="o", updated_at=SECOND)
    assert (outcome.result, outcome.not_kept) == (("updated", ()) if other_way else ("rejected", ("total",)))
    assert (sink.stored["k-1"]["name"], sink.stored["k-1"]["total"]) == ("b", "" if other_way else "1")
    sink.calls.clear()
    run(sink, name="b", total="", note="n", owner="o", updated_at=SECOND)
    assert sink.calls == []


def test_a_shared_property_that_is_not_kept_is_no_edit_of_the_other_side() -> None:
    sink = things(sink_class=Bent, name={"shared": True, "of": "title"})
    assert isinstance(sink, Bent)
    run(sink, name="a", said={"name": "A"}, updated_at=FIRST)
    sink.ignores = {"name"}
    assert run(sink, name="b", said={"name": "B"}, updated_at=SECOND).result == "rejected"
    content = sink.ledger.links.contents("things", "1")["f"].values
    assert content["@name"] == "a"
    assert content["@agreed"]["name"]["there"] == "a"


class BentNotes(Bent):
    """Effects whose create drops some of what it carries."""

    stream = "notes"
    effect = True
    other_ways = frozenset({"text", "owner"})

    def body(self, record: Any) -> dict[str, Any]:
        return {name: record.values[name] for name in ("text", "owner") if name in record.values}

    def create(self, record: Any, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        kept = {name: value for name, value in self.body(record).items() if name not in self.ignores}
        return super().create(record, kept)


def make(sink: Bent, external_id: str, *, again: bool = False) -> Any:
    wanted = record(sink, external_id=external_id, text="paid", owner="o")
    return insert_once(sink, replace(wanted, again=True) if again else wanted)


def effects() -> Bent:
    sink = things(sink_class=BentNotes)
    assert isinstance(sink, Bent)
    return sink


def test_what_the_create_of_an_effect_drops_follows_in_an_update() -> None:
    sink = effects()
    sink.ignores = {"text"}
    assert make(sink, "1").result == make(sink, "2").result == "created"
    assert [stored["text"] for stored in sink.stored.values()] == ["paid", "paid"]
    assert sink.asked[-2:] == ["create", "update_slot"]  # no reading again once it is known


def test_an_effect_of_which_nothing_is_kept_is_made_once_and_rejected() -> None:
    sink = effects()
    sink.ignores, sink.other_way_ignores = {"text"}, True
    assert (make(sink, "1").not_kept, make(sink, "1").result) == (("text",), "rejected")
    assert len(sink.stored) == 1
    sink.other_way_ignores = False
    assert make(sink, "1", again=True).result == "unchanged"
    assert [stored["text"] for stored in sink.stored.values()] == ["paid"]
    assert make(sink, "1").result == "unchanged"


def test_an_effect_without_what_it_can_do_without_is_made() -> None:
    sink = effects()
    sink.ignores, sink.other_way_ignores = {"owner"}, True
    outcome = make(sink, "1")
    assert (outcome.result, outcome.not_kept) == ("created", ("owner",))
