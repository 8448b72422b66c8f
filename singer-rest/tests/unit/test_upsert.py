"""Find, then create or update with the fewest calls, then remember."""

from __future__ import annotations

from typing import Any

import pytest
from fake_sinks import Things, record, things
from singer_rest.errors import ApiError, RecordFault, RecordRejected, VersionConflict
from singer_rest.sync.upsert import upsert


def run(sink: Things, **values: Any) -> Any:
    return upsert(sink, record(sink, **values))


def test_create_then_unchanged_then_update() -> None:
    sink = things()
    assert run(sink, name="a").result == "created"
    assert sink.asked == ["look_up", "create"]
    assert run(sink, name="a").result == "unchanged"
    assert run(sink, name="b").result == "updated"
    assert sink.asked == ["look_up", "create", "update"]
    assert sink.stored["k-1"]["name"] == "b"
    assert sink.ledger.intents.get("things", "1") is None


def test_only_what_changed_is_sent() -> None:
    sink = things()
    run(sink, name="a", total="1")
    run(sink, name="a", total="2")
    assert sink.calls[-1] == ("update", {"total": "2"})


def test_back_to_an_earlier_value_is_written() -> None:
    sink = things()
    assert [run(sink, name=name).result for name in "aba"] == ["created", "updated", "updated"]


def test_older_than_what_was_written_is_stale() -> None:
    sink = things()
    run(sink, name="a", updated_at="2026-03-02T12:00:00Z")
    assert run(sink, name="b", updated_at="2026-03-02T11:00:00Z").result == "stale"
    assert sink.context.went_back == set()


def test_an_older_version_that_changed_later_is_written_and_noted() -> None:
    """The source was restored from a backup; what only comes late stays out."""
    sink = things()
    run(sink, name="a", version=5, updated_at="2026-03-02T12:00:00Z")
    assert run(sink, name="b", version=4, updated_at="2026-03-02T11:59:00Z").result == "stale"
    assert run(sink, name="c", version=3, updated_at="2026-03-02T13:00:00Z").result == "updated"
    assert sink.context.went_back == {("things", "1")}
    assert run(sink, name="d", version=4, updated_at="2026-03-02T13:00:01Z").result == "updated"


def test_a_record_that_changed_in_the_far_future_keeps_no_later_change_out() -> None:
    sink = things()
    run(sink, name="a", updated_at="9999-12-31T00:00:00Z")
    assert run(sink, name="b", updated_at="2026-03-02T12:00:00Z").result == "updated"
    assert run(sink, name="c", updated_at="2026-03-02T11:00:00Z").result == "stale"


def test_what_is_there_is_adopted() -> None:
    sink = things()
    sink.store("k9", id="1", name="a")
    assert run(sink, name="a").result == "unchanged"
    assert sink.asked == ["look_up"]
    sink.store("k8", id="2", name="theirs")
    assert run(sink, external_id="2", name="ours").result == "updated"
    assert sink.stored["k8"]["name"] == "ours"


def test_what_a_create_dropped_is_sent_again_with_the_links() -> None:
    sink = things()
    sink.ledger.links.adopt("things", {"f": "k-f"})
    assert run(sink, name="a", friendIds=["f"]).result == "created"
    assert sink.calls[-1] == ("update", {"friends": [{"key": "k-f"}]})


def test_a_shared_property_is_read_before_it_is_written() -> None:
    sink = things(stage={"shared": True})
    run(sink, stage="New")
    run(sink, stage="Paid")
    assert sink.asked[-2:] == ["read", "update"]


@pytest.mark.parametrize(
    ("owner", "stored", "result"), [("source", "Paid", "updated"), ("destination", "Lost", "unchanged")]
)
def test_both_sides_changed(owner: str, stored: str, result: str) -> None:
    sink = things(stage={"shared": True, "owner": owner})
    run(sink, stage="New")
    sink.stored["k-1"]["stage"] = "Lost"
    outcome = run(sink, stage="Paid")
    assert (outcome.result, outcome.conflicts) == (result, 1)
    assert sink.stored["k-1"]["stage"] == stored
    assert len(sink.ledger.conflicts.all()) == 1


def test_what_a_person_changed_alone_stays() -> None:
    sink = things(stage={"shared": True})
    run(sink, stage="New", name="a")
    sink.stored["k-1"]["stage"] = "Lost"
    assert run(sink, stage="New", name="b").result == "updated"
    assert sink.stored["k-1"]["stage"] == "Lost"


def test_a_deleted_record_is_not_made_again() -> None:
    sink = things()
    run(sink, name="a")
    sink.stored.clear()
    assert run(sink, name="b").result == "detached"
    assert run(sink, name="c").result == "detached"
    assert sink.stored == {}


def test_a_refused_create_leaves_no_intent_an_unknown_end_does() -> None:
    sink = things()
    sink.refusals = [ApiError(400, "no", "POST", "/things")]
    with pytest.raises(ApiError):
        run(sink, name="a")
    assert sink.ledger.intents.get("things", "1") is None
    sink.refusals = [RuntimeError("killed")]
    with pytest.raises(RuntimeError):
        run(sink, name="a")
    opened = sink.ledger.intents.get("things", "1")
    assert opened is not None
    assert opened.hint["sent"] == {"name": ["a"]}


def test_what_a_dead_run_made_is_taken_for_ours() -> None:
    sink = things()
    sink.ledger.intents.open("things", "1", {"creates": True, "sent": {"name": ["a"]}, "said": {"name": ["a"]}})
    sink.store("k9", id="1", name="a")
    assert run(sink, name="a").result == "created"
    assert sink.asked == ["look_up"]


def test_a_record_that_changes_under_our_hands_is_decided_anew() -> None:
    sink = things(stage={"shared": True, "owner": "destination"})
    run(sink, stage="New")
    sink.refusals = []
    current = {"key": "k-1", "version": 2, "stage": "Lost"}
    plain, conflicts = sink.update, [VersionConflict(current)]

    def update(key: str, body: dict[str, Any], seen: Any) -> dict[str, Any]:
        if conflicts:
            raise conflicts.pop()
        return plain(key, body, seen)

    sink.update = update  # type: ignore[method-assign]
    assert run(sink, stage="Paid").conflicts == 1
    assert sink.stored["k-1"]["stage"] == "New"
    conflicts.extend([VersionConflict({**current, "name": str(number)}) for number in range(5)])
    with pytest.raises(RecordFault, match="changed at the destination 5 times"):
        run(sink, stage="Paid", name="z")


def test_what_loops_is_parked() -> None:
    sink = things()
    for number in range(5):
        run(sink, name=str(number))
    with pytest.raises(RecordRejected, match="5 times a minute"):
        run(sink, name="again")
    with pytest.raises(RecordRejected, match="parked"):
        run(sink, name="once more")


def test_a_setting_may_keep_a_record_from_being_made() -> None:
    sink = things()
    sink.skip_reason = lambda _: "not wanted"  # type: ignore[method-assign, assignment]
    assert (run(sink, name="a").result, sink.asked) == ("unchanged", [])
    sink = things()
    sink.skip_create_reason = lambda _: "not wanted"  # type: ignore[method-assign, assignment]
    assert (run(sink, name="a").result, sink.asked) == ("unchanged", ["look_up"])
