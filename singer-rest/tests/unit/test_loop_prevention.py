"""What the other direction carried over is known from the ledger that both share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_sinks import Things, ledger_pair, record, things
from singer_rest.ledger import Content
from singer_rest.sync.loop_prevention import (
    WROTE,
    carried_items,
    counterparts,
    differs_from_carried,
    is_our_own,
    reverse_contents,
    still_ours,
    unchanged_since_reverse_write,
    wait_for_reverse_write,
)
from singer_rest.sync.merge import ABSENT, Decision, PropertyChange

if TYPE_CHECKING:
    from pathlib import Path

    from singer_rest.ledger import Ledger


def carried(reverse: Ledger, version: int = 1, **values: Any) -> None:
    """The other target wrote order 1 from thing `k1`."""
    content = Content("h", {"@source": "things:k1", **values}, None, version)
    reverse.links.written("orders", "k1", vendor_key="1", flow="r", content=content, result="updated")


def two_ways(folder: Path) -> tuple[Things, Ledger]:
    ours, reverse = ledger_pair(folder)
    return things(ledger=ours, stage={"shared": True, "of": "status"}), reverse


def test_what_the_other_target_wrote_of_the_sources_record(tmp_path: Path) -> None:
    sink, reverse = two_ways(tmp_path)
    assert reverse_contents(sink, record(sink)) == []
    carried(reverse, status="paid")
    [content] = reverse_contents(sink, record(sink))
    assert content.values["status"] == "paid"
    assert list(counterparts([content], "things")) == ["k1"]
    assert list(counterparts([content], "others")) == []


def test_a_value_that_the_other_target_wrote_is_nobodys_change(tmp_path: Path) -> None:
    sink, reverse = two_ways(tmp_path)
    carried(reverse, status="paid", **{WROTE: ["status"]})  # type: ignore[arg-type]
    made = record(sink)
    assert is_our_own(sink, made, {"path": "status", "value": "paid"})
    assert not is_our_own(sink, made, {"path": "status", "value": "lost"})
    reverse.intents.open("orders", "k1", {"said": {"status": ["lost"]}})
    assert is_our_own(sink, made, {"path": "status", "value": "lost"})


def test_a_watched_value_is_compared_with_what_was_synced(tmp_path: Path) -> None:
    sink, reverse = two_ways(tmp_path)
    change = {"path": "status", "value": "lost"}
    assert not differs_from_carried(sink, record(sink), change)
    carried(reverse, status="paid")
    assert differs_from_carried(sink, record(sink), change)
    carried(reverse, status="paid", **{"@status": "x"})  # type: ignore[arg-type]
    assert not differs_from_carried(sink, record(sink), change)


def test_an_untouched_copy_is_the_base(tmp_path: Path) -> None:
    sink, reverse = two_ways(tmp_path)
    carried(reverse, version=4)
    assert unchanged_since_reverse_write(sink, record(sink), {"key": "k1", "version": 4})
    assert not unchanged_since_reverse_write(sink, record(sink), {"key": "k1", "version": 5})
    assert not unchanged_since_reverse_write(sink, record(sink), {"key": "k2", "version": 4})
    carried(reverse, version=4, **{"@status": "kept"})
    assert not unchanged_since_reverse_write(sink, record(sink), {"key": "k1", "version": 4})


def test_items_that_the_other_target_brought() -> None:
    contents = [Content("h", {"phones": ["1", " 2 "], "name": "3"})]
    assert carried_items(contents, "phones") == carried_items(contents, "phones.0") == {"1", "2"}
    assert carried_items(contents, "name") == set()


def test_whose_value_a_shared_property_has() -> None:
    rule = things(stage={"shared": True}).fields["stage"]
    sent = PropertyChange("stage", "stage", "b", ABSENT, rule)
    assert still_ours({}, {"stage": "b"}, [sent]) == {WROTE: ["stage"]}
    sent.decision = Decision(sends=False)
    assert still_ours({}, {}, [sent]) == {}
    before = {WROTE: ["stage"], "stage": "a"}
    assert still_ours(before, {"stage": "a"}, []) == {WROTE: ["stage"]}
    assert still_ours(before, {"stage": "b"}, []) == {}


def test_nobody_is_waited_for_when_nothing_is_under_way(tmp_path: Path) -> None:
    sink, reverse = two_ways(tmp_path)
    wait_for_reverse_write(sink, record(sink))
    with reverse.lease("orders", "k1"):
        sink.ledger.links.adopt("things", {"1": "k1"})
        wait_for_reverse_write(sink, record(sink))
