"""What the source changed since the ledger last heard of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_sinks import Things, record, things
from singer_rest.sync.change_set import ChangeSet, is_same, is_unchanged
from singer_rest.sync.field_rules import FieldRule
from singer_rest.sync.merge import ABSENT, Decision, PropertyChange

if TYPE_CHECKING:
    from singer_rest.ledger import Held


def written(sink: Things, *, key: str | None = "k1", updated_at: str = "2026-03-02T12:00:00Z", **values: Any) -> None:
    made = record(sink, updated_at=updated_at, **values)
    sink.ledger.links.written(
        sink.stream, "1", vendor_key=key, flow=made.flow, content=made.content(made.values), result="created"
    )


def held(sink: Things) -> Held:
    with sink.ledger.lease(sink.stream, "1") as known:
        return known


def changes(sink: Things, **values: Any) -> ChangeSet:
    return ChangeSet.of(sink, record(sink, **values), held(sink))


def test_only_what_differs_has_changed() -> None:
    sink = things()
    written(sink, name="a", total="1")
    found = changes(sink, name="a", total="2", new="x")
    assert list(found.changed) == ["total", "new"]
    assert [(change.slot, change.value) for change in found.property_changes(None)] == [("total", "2"), ("new", "x")]
    assert (found.key, found.relinks, found.must_read) == ("k1", False, False)


def test_what_another_flow_wrote_is_the_base_of_a_first_record() -> None:
    sink = things()
    written(sink, name="a")
    assert list(changes(sink, flow="other", name="a", total="2").changed) == ["total"]


def test_create_only_counts_once() -> None:
    sink = things(name={"create_only": True})
    assert list(changes(sink, name="a").changed) == ["name"]
    written(sink, name="a")
    found = changes(sink, name="b")
    assert found.changed == {}
    assert [change.name for change in found.property_changes(None, creating=True)] == ["name"]


def test_references_are_no_properties() -> None:
    sink = things()
    found = changes(sink, friendIds=["2"], name="a")
    assert (found.relinks, [change.name for change in found.property_changes(None)]) == (True, ["name"])


def test_what_an_open_intent_may_have_sent_is_looked_at_again() -> None:
    sink = things()
    written(sink, name="a")
    sink.ledger.intents.open(sink.stream, "1", {"sent": {"name": ["b"]}, "said": {"name": ["b"]}})
    [change] = changes(sink, name="a").property_changes(None)
    assert (change.name, change.tried) == ("name", ("b",))


def test_shared_properties_and_lists_ask_for_the_apis_record() -> None:
    sink = things(stage={"shared": True})
    written(sink, stage="New")
    found = changes(sink, stage="Paid")
    [change] = found.property_changes(None)
    assert (found.must_read, change.base) == (True, "New")
    found = changes(sink, stage="New", emails=["a"])
    assert ([change.adds for change in found.property_changes(None)], found.must_read) == ([True], True)


def test_is_same() -> None:
    listed, equal = FieldRule(adds=True), FieldRule(equivalent=(frozenset({"a", "b"}),))
    assert [is_same(listed, ["a", "b"], ["B"]), is_same(listed, ["a"], ["b"])] == [True, False]
    assert [is_same(equal, "a", "b"), is_same(FieldRule(), "a", "b")] == [True, False]


def test_remembering_keeps_values_notes_and_container() -> None:
    sink = things(stage={"shared": True})
    found = changes(sink, stage="Paid", name="a")
    kept = PropertyChange("stage", "stage", "Paid", "New", sink.fields["stage"], there="Lost")
    kept.decision = Decision(sends=False, conflict=True, note="the destination's stays")
    detail = found.remember("updated", [kept], key="k1", vendor={"container": "p1"})
    known = sink.ledger.links.find("things", "1", "f")
    assert known is not None
    assert known.content is not None
    expected = {"stage": "Paid", "name": "a", "@stage": "Lost", "@place": "p1", "@source": "orders:1"}
    assert known.content.values == expected
    assert detail == "stage: the destination's stays"
    [conflict] = sink.ledger.conflicts.all()
    assert (conflict.name, conflict.source, conflict.destination, conflict.agreed) == ("stage", "Paid", "Lost", "New")


def test_what_is_incomplete_counts_as_changed_the_next_time() -> None:
    sink = things()
    changes(sink, friendIds=["2"], name="a").remember("updated", key="k1", incomplete={"friendIds"})
    again = changes(sink, friendIds=["2"], name="a")
    assert (list(again.changed), again.own and again.own.hash) == (["friendIds"], "")


def test_lists_that_are_added_to_keep_what_they_had() -> None:
    sink = things()
    changes(sink, emails=["a"]).remember("created", key="k1")
    changes(sink, emails=["b"]).remember("updated")
    assert sink.ledger.links.contents("things", "1")["f"].values["emails"] == ["a", "b"]


def test_unchanged_by_hash_by_property_and_never_when_newer_or_parked() -> None:
    sink = things(name={"create_only": True})
    assert not is_unchanged(sink, record(sink, name="a"))
    written(sink, name="a", total="1")
    assert is_unchanged(sink, record(sink, name="a", total="1"))
    assert is_unchanged(sink, record(sink, name="b", total="1"))
    assert not is_unchanged(sink, record(sink, name="a", total="2"))
    assert not is_unchanged(sink, record(sink, name="a", total="1", updated_at="2026-03-02T12:00:01Z"))
    sink.ledger.links.set_state("things", "1", "parked")
    assert not is_unchanged(sink, record(sink, name="a", total="1"))


def test_no_base_is_absent() -> None:
    sink = things(stage={"shared": True})
    [change] = changes(sink, stage="Paid").property_changes(None)
    assert change.base is ABSENT
