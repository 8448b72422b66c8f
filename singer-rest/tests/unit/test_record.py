"""A record as it comes: its id, its own properties flat, which state of the source it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from singer_rest.errors import RecordRejected, UnreadableLine
from singer_rest.ledger import Content
from singer_rest.sync.record import RecordReader, Reference, Source, named, plain

READER = RecordReader(
    "boxes",
    [{"type": "object"}, {"properties": {"name": {"type": "string"}}}],
    key_properties=["orderId", "lineId"],
    companions={"stageKey": "stageName", "fields": "fieldValues"},
)


def test_own_properties_are_flat_and_readable_names_win() -> None:
    record = READER.read({
        "externalId": "1",
        "_flow": "f",
        "_source": {"stream": "orders", "key": "1"},
        "stageKey": "5001",
        "stageName": "New",
        "fields": {"1001": "a"},
        "fieldValues": {"Total": Decimal("1E+2"), "Tags": ["a"]},
        "nothing": None,
    })  # fmt: skip
    assert record.values == {
        "stageName": "New",
        "fieldValues.Total": "100",
        "fieldValues.Tags": ["a"],
        "nothing": None,
    }
    assert (record.stream, record.flow, record.source.name) == ("boxes", "f", "orders:1")


def test_keys_count_where_no_name_does() -> None:
    record = READER.read({"externalId": "1", "stageKey": "5001", "stageName": None, "fields": {"1001": "a"}})
    assert record.values == {"stageKey": "5001", "stageName": None, "fields.1001": "a"}


def test_keys_of_another_destination_mean_nothing() -> None:
    reader = RecordReader("boxes", [], companions={"stageKey": "stageName"}, has_own_keys=lambda raw: raw["mine"])
    values = {"externalId": "1", "stageKey": "5"}
    assert reader.read({**values, "mine": True}).values == {"mine": True, "stageKey": "5"}
    assert reader.read({**values, "mine": False}).values == {"mine": False}


@pytest.mark.parametrize(
    ("raw", "known_as"),
    [
        ({"externalId": "a"}, "a"),
        ({"orderId": "o", "lineId": 2}, "o|2"),
        ({"lineId": 2}, "2"),
        ({"key": "k"}, "k"),
    ],
)
def test_what_a_record_is_known_by(raw: dict[str, Any], known_as: str) -> None:
    assert READER.read(raw).external_id == known_as


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ([], "invalid"),
        ({"externalId": "1", "name": 5}, "invalid"),
        ({}, "no_id"),
        ({"externalId": " "}, "no_id"),
        ({"externalId": 7}, "no_id"),
        ({"externalId": "a\nb"}, "bad_id"),
        ({"externalId": "x" * 501}, "bad_id"),
    ],
)
def test_what_is_refused(raw: Any, code: str) -> None:
    with pytest.raises(RecordRejected) as refused:
        READER.read(raw)
    assert refused.value.code == code


def test_a_record_of_more_than_a_mebibyte_is_refused_and_a_schema_that_is_none() -> None:
    with pytest.raises(RecordRejected, match="more than 1 MiB"):
        READER.read({"externalId": "1"}, size=(1 << 20) + 1)
    with pytest.raises(UnreadableLine, match="no JSON Schema"):
        RecordReader("boxes", [{"type": "nonsense"}])


def test_the_hash_is_of_own_properties_in_any_order() -> None:
    one = READER.read({"externalId": "1", "a": 1, "b": Decimal("1.0"), "_source": {"version": 1}})
    other = READER.read({"b": Decimal("1.0"), "a": 1, "externalId": "2", "_source": {"version": 2}})
    assert one.hash == other.hash
    assert one.hash != READER.read({"externalId": "1", "a": 2, "b": Decimal("1.0")}).hash
    assert one.content({}, complete=False).hash == ""


def content(version: int | None = None, updated_at: str | None = None, source: str = "orders:1") -> Content:
    return Content("h", {"@source": source}, updated_at, version)


@pytest.mark.parametrize(
    ("given", "written", "compared"),
    [
        ({"version": 2}, content(1), "newer"),
        ({"version": 1}, content(2), "older"),
        ({"version": 1, "updatedAt": "2026-01-02T00:00:00Z"}, content(2, "2026-01-01T00:00:00Z", "orders:2"), "newer"),
        ({"updatedAt": "2026-01-01T01:00:00+02:00"}, content(None, "2026-01-01T00:00:00Z"), "older"),
        ({"updatedAt": "2026-01-01T00:00:00Z"}, content(None, "2026-01-01T00:00:00Z"), "same"),
        ({}, content(None, "2026-01-01T00:00:00Z"), "same"),
        ({"version": True, "updatedAt": None}, content(1), "same"),
    ],
)
def test_states_of_the_source_compare_by_version_else_by_time(
    given: dict[str, Any], written: Content, compared: str
) -> None:
    source = Source.of({"stream": "orders", "key": "1", **given})
    assert (source.newer_than(written), source.older_than(written)) == (compared == "newer", compared == "older")


WRITTEN = "2026-05-02T12:00:00Z"
BY_VERSION = {"older": 4, "newer": 6, "equal": 5, "absent": None}
BY_TIME = {
    "older": "2026-05-02T11:00:00Z",
    "newer": "2026-05-02T13:00:00Z",
    "equal": "2026-05-02T14:00:00+02:00",
    "absent": None,
    "unreadable": "soon",
    "far ahead": "9999-12-31T23:59:59Z",
}
# what a state is against one of version 5 of 12:00: a source that was restored has an older version that changed later
TABLE = {
    "older": {"older": "older", "newer": "restored", "equal": "older", "absent": "older", "far ahead": "older"},
    "newer": dict.fromkeys(BY_TIME, "newer"),
    "equal": {"older": "older", "newer": "newer", "equal": "same", "absent": "same", "far ahead": "newer"},
    "absent": {"older": "older", "newer": "newer", "equal": "same", "absent": "same", "far ahead": "newer"},
}


@pytest.mark.parametrize("version", BY_VERSION)
@pytest.mark.parametrize("time", BY_TIME)
def test_what_a_state_is_by_version_and_time(version: str, time: str) -> None:
    given = {"stream": "orders", "key": "1", "version": BY_VERSION[version], "updatedAt": BY_TIME[time]}
    source, written = Source.of(given), content(5, WRITTEN)
    expected = TABLE[version]["absent" if time == "unreadable" else time]
    judged = {(True, False): "newer", (False, True): "older", (False, False): "same"}[
        source.newer_than(written), source.older_than(written)
    ]
    assert (source.went_back(written), judged) == (expected == "restored", expected.replace("restored", "newer"))


@pytest.mark.parametrize("version", BY_VERSION)
def test_against_a_state_without_a_time_the_version_alone_counts(version: str) -> None:
    for given in BY_TIME.values():
        source = Source.of({"stream": "orders", "key": "1", "version": BY_VERSION[version], "updatedAt": given})
        assert source.newer_than(content(5)) is (version == "newer")
        assert source.older_than(content(5)) is (version == "older")
        assert not source.went_back(content(5))


def test_an_older_version_that_changed_seconds_later_is_only_late() -> None:
    """The clocks of one source differ: version 4 was made before version 5, whatever they say."""
    assert Source(updated_at="2026-05-02T12:00:09Z", version=4).older_than(content(5, WRITTEN, "None:None"))


def test_a_time_of_the_far_future_that_was_written_keeps_nothing_out() -> None:
    written = content(None, "9999-12-31T00:00:00Z")
    assert Source(updated_at=WRITTEN).newer_than(written)
    assert Source(updated_at="9999-12-30T00:00:00Z").older_than(written)


@pytest.mark.parametrize("odd", [5, None, [], {"a": 1}, True, "2026\x00", "\ud800", 1e300])
def test_a_time_that_is_no_text_is_none(odd: Any) -> None:
    source = Source.of({"stream": "orders", "key": "1", "updatedAt": odd, "date": odd})
    assert source.updated_at is None
    assert not source.older_than(content(None, WRITTEN))
    assert source.revision is None


def test_a_revision_is_the_version_else_the_time_in_ms() -> None:
    assert Source.of({"version": 7, "updatedAt": "2026-01-01T00:00:00Z"}).revision == 7
    assert Source.of({"updatedAt": "1970-01-01T00:00:01Z"}).revision == 1000
    assert Source.of({"updatedAt": "soon"}).revision is None


def test_plain_values() -> None:
    assert plain({"a": [Decimal("1.50"), None]}) == {"a": ["1.50", None]}
    assert plain(Decimal("1E+9999")) == "1E+9999"


def test_named_records() -> None:
    by_id, by_mail = Reference("ids", "contacts"), Reference("emails", "contacts", "email", unless=("ids",))
    assert named([by_id, by_mail], {"ids": ["1", ""], "emails": ["a@b.c"]}) == [(by_id, "1")]
    assert [ref.key(value) for ref, value in named([by_mail], {"emails": " A@B.C "})] == ["email:a@b.c"]
    assert named([by_id], {}) == []
