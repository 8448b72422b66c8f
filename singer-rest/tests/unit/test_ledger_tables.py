"""Bindings, runs, the record log, both directions, and how texts and keys are stored."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from fake_sinks import ledger_pair
from singer_rest.errors import FatalRunError, RecordRejected
from singer_rest.ledger import Binding, Content, Ledger, canonical, content_hash
from singer_rest.ledger.content import key_text, read_record, record_text
from singer_rest.ledger.directions import Direction

if TYPE_CHECKING:
    from pathlib import Path


def test_bindings_are_bound_and_bound_anew() -> None:
    ledger = Ledger.in_memory()
    assert ledger.bindings.get("stage", "p", "New") is None
    ledger.bindings.bind("stage", "p", "New", "5001")
    ledger.bindings.bind("stage", "p", "New", "5002")
    assert ledger.bindings.get("stage", "p", "New") == "5002"
    assert ledger.bindings.of_kind("stage") == [Binding("stage", "p", "New", "5002")]


def test_runs_have_counts_the_newest_first() -> None:
    ledger = Ledger.in_memory()
    first, second = ledger.runs.start("run"), ledger.runs.start("rebuild-links")
    ledger.runs.end(first, {"created": 1})
    runs = ledger.runs.latest()
    assert [(run.id, run.counts, run.ended_at is None) for run in runs] == [
        (second, {}, True),
        (first, {"created": 1}, False),
    ]


def test_the_log_counts_writes_since_a_person_unparked() -> None:
    ledger = Ledger.in_memory()
    for result in ("created", "updated", "unchanged", "rejected"):
        ledger.links.written("things", "1", vendor_key="k", flow="f", content=Content("h", {}), result=result)
    ledger.record_log.note("things", "1", "f", "stale")
    assert ledger.record_log.writes_within("things", "1", 60) == 2
    assert ledger.record_log.writes_within("things", "2", 60) == 0


def test_the_reverse_direction_is_seen_by_the_vendors_key(tmp_path: Path) -> None:
    ours, reverse = ledger_pair(tmp_path)
    reverse.links.written("orders", "b1", vendor_key="1", flow="f", content=Content("h", {"a": "1"}), result="created")
    assert [content.values for content in ours.reverse.contents("orders", "1")] == [{"a": "1"}]
    assert ours.reverse.contents("orders", "2") == []
    reverse.intents.open("orders", "b1", {"said": {}})
    assert [intent.external_id for intent in ours.reverse.in_doubt("orders", "1")] == ["b1"]
    with reverse.lease("orders", "b1"):
        assert ours.reverse.under_way("orders") == {("orders", "b1")}
    assert ours.links.get("orders", "b1") is None


@pytest.mark.parametrize(
    ("other", "faces", "nearly"),
    [
        (Direction("https://crm/api team", "https://shop/v1"), True, True),
        (Direction("https://crm/api", "https://shop/v1"), True, True),
        (Direction("default", "https://shop/v1"), True, True),
        (Direction("https://crm:443/api", "https://shop/v1"), False, True),
        (Direction("https://else/v9", "https://shop/v1"), False, False),
    ],
)
def test_directions_face_each_other(other: Direction, *, faces: bool, nearly: bool) -> None:
    ours = Direction("https://shop/v1", "https://crm/api team")
    assert ours.faces(other) is faces
    if not faces:
        assert ours.nearly_faces(other) is nearly


def test_addresses_that_are_spelled_in_two_ways_are_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url, source="https://shop/v1", destination="https://crm/api").close()
    with pytest.raises(FatalRunError, match="Spell each address alike"):
        Ledger.open(url, source="https://crm/api", destination="https://shop:443/v1")


def test_contents_are_equal_in_any_order() -> None:
    assert content_hash({"a": Decimal("1.0"), "b": 1}) == content_hash({"b": 1, "a": Decimal("1.0")})
    assert content_hash({"a": Decimal("1.0")}) != content_hash({"a": Decimal("1.00")})
    assert canonical({"a": Decimal("1.0")}) == {"a": "1.0"}
    with pytest.raises(RecordRejected, match="half a character"):
        content_hash({"a": "\ud800"})


def test_records_are_kept_whatever_they_hold() -> None:
    assert read_record(record_text({"a": Decimal("1.50")})) == {"a": Decimal("1.50")}
    assert read_record(record_text({"a": float("nan"), "b": "\ud800"})) == {"a": "nan", "b": "\\ud800"}
    assert read_record(record_text({"a": "x" * (1 << 21)})) == {"_left_out": f"record of {(1 << 21) + 8} bytes"}


def test_keys_that_any_database_takes() -> None:
    assert key_text("a-1") == "a-1"
    assert key_text("a\0b") == "a\\x00b"
    long = [key_text("x" * 400 + end) for end in "ab"]
    assert [len(key) for key in long] == [300, 300]
    assert long[0] != long[1]
