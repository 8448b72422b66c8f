"""From names to keys; who is only known by a natural key is made bare."""

from __future__ import annotations

from typing import Any

from fake_sinks import Things, record, things
from singer_rest.errors import ApiError
from singer_rest.sync.references import resolve


def known(sink: Things, **keys: str) -> None:
    sink.ledger.links.adopt("things", keys)


def test_known_records_are_found_each_once() -> None:
    sink = things()
    known(sink, a="k1", b="k2")
    resolved = resolve(sink, record(sink, friendIds=["a", "b", "a"]))
    assert (resolved.keys, resolved.missing) == ({"friends": ["k1", "k2"]}, None)
    assert resolved.links() == {"friends": [{"key": "k1"}, {"key": "k2"}]}


def test_what_is_not_there_yet_is_missing() -> None:
    sink = things()
    known(sink, a="k1")
    resolved = resolve(sink, record(sink, friendIds=["a", "x"]))
    assert (resolved.keys, resolved.missing, resolved.incomplete) == (
        {"friends": ["k1"]},
        ("things", "x"),
        {"friendIds"},
    )


def test_a_natural_key_makes_a_bare_record_once() -> None:
    sink = things()
    for _ in range(2):
        resolved = resolve(sink, record(sink, friendEmails=["Ada@x.test"]))
        assert resolved.keys == {"friends": ["bare-Ada@x.test"]}
    assert sink.asked == ["make_bare"]
    link = sink.ledger.links.get("things", "email:ada@x.test")
    assert link is not None
    assert link.vendor_key == "bare-Ada@x.test"


def test_a_bare_record_that_is_refused_is_missing() -> None:
    sink = things()
    sink.refusals = [ApiError(400, "no such address", "POST", "/things")]
    resolved = resolve(sink, record(sink, friendEmails=["x"]))
    assert (resolved.keys, resolved.missing) == ({}, ("things", "email:x"))


def test_two_properties_that_name_the_same_records_need_not_both_be_known() -> None:
    sink = things()
    known(sink, a="k1")
    sink.refusals = [ApiError(400, "no", "POST", "/things")]
    resolved = resolve(sink, record(sink, friendIds=["a"], friendEmails=["a@x.test"]))
    assert (resolved.keys, resolved.missing) == ({"friends": ["k1"]}, None)


def test_detached_and_skipped_records_are_not_wanted_any_more() -> None:
    sink = things()
    known(sink, gone="k1")
    sink.ledger.links.set_state("things", "gone", "detached")
    made: Any = record(sink, "skipped")
    sink.ledger.links.written(
        "things", "skipped", vendor_key=None, flow="f", content=made.content({}), result="unchanged"
    )
    resolved = resolve(sink, record(sink, friendIds=["gone", "skipped"]))
    assert (resolved.keys, resolved.missing) == ({}, None)
