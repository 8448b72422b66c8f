"""A STATE of any shape: understood, or refused in one line that says what it is; never read as if there was none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.tap.state import check_bookmarks, opened_state, parsed_state

BOOKMARKS = {"orders": {"replication_key": "updatedAt", "replication_key_value": "2026-05-02T00:00:00Z"}}
PARTS = {"orders": None, "customers": None, "boxes": "pipelineKey"}


@pytest.mark.parametrize(
    "given",
    [
        {"bookmarks": BOOKMARKS},
        {"singer_state": {"bookmarks": BOOKMARKS}},
        {"type": "STATE", "value": {"bookmarks": BOOKMARKS}},
        {"bookmarks": BOOKMARKS, "currently_syncing": None},
    ],
)
def test_envelopes_are_opened(given: Any) -> None:
    assert opened_state(given)["bookmarks"] == BOOKMARKS
    assert parsed_state(json.dumps(given))["bookmarks"] == BOOKMARKS


@pytest.mark.parametrize("empty", [{}, {"bookmarks": {}}, {"singer_state": {}}])
def test_nothing_read_yet_is_a_state(empty: Any) -> None:
    assert opened_state(empty).get("bookmarks", {}) == {}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "is null"),
        ([], "is a list"),
        ("orders", "is a text"),
        (5, "is a number"),
        (True, "is true or false"),
        ({"singer_state": None}, "is null"),
        ({"singer_state": {"singer_state": {}}}, "only `singer_state`"),
        ({"value": []}, "is a list"),
        ({"bookmarks": None}, "are null"),
        ({"bookmarks": []}, "are a list"),
        ({"bookmarks": "2026"}, "are a text"),
        ({"orders": "2026-05-02T00:00:00Z"}, "no `bookmarks`, only `orders`"),
        ({"completed": {"singer_state": {}}}, "no `bookmarks`, only `completed`"),
    ],
)
def test_what_is_no_state_is_said(given: Any, what: str) -> None:
    with pytest.raises(FatalRunError) as refused:
        parsed_state(json.dumps(given))
    assert what in str(refused.value)
    assert "run without STATE" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nesting_without_end_is_said() -> None:
    with pytest.raises(FatalRunError, match="nested too deeply"):
        parsed_state('{"bookmarks":' + "[" * 100_000)


@pytest.mark.parametrize(
    ("bookmarks", "what"),
    [
        ({"orderz": {}}, "`orderz`, no stream of this tap, perhaps orders is meant"),
        ({"deals": {}}, "`deals`, no stream of this tap"),
        ({"orders": None}, "bookmark of orders in the STATE is null"),
        ({"orders": "2026-05-02T00:00:00Z"}, "is a text"),
        ({"orders": ["2026-05-02T00:00:00Z"]}, "is a list"),
        ({"orders": 7}, "is a number"),
        ({"orders": {"replication_key_value": 7}}, "orders holds no instant"),
        ({"orders": {"replication_key_value": None}}, "orders holds no instant"),
        ({"orders": {"replication_key_value": {}}}, "orders holds no instant"),
        ({"orders": {"replication_key_value": "soon"}}, "orders holds no instant"),
        ({"orders": {"partitions": [{"context": {"a": "b"}}]}}, "has partitions, which the stream has not"),
        ({"boxes": {"replication_key_value": "2026-05-02"}}, "one bookmark instead of one for each pipelineKey"),
        ({"boxes": {"partitions": {}}}, "are an object instead of a list"),
        ({"boxes": {"partitions": None}}, "are null instead of a list"),
        ({"boxes": {"partitions": "P"}}, "are a text instead of a list"),
        ({"boxes": {"partitions": ["P"]}}, "does not say which pipelineKey"),
        ({"boxes": {"partitions": [{}]}}, "does not say which pipelineKey"),
        ({"boxes": {"partitions": [{"context": "P"}]}}, "does not say which pipelineKey"),
        ({"boxes": {"partitions": [{"context": {"pipelineKey": 5}}]}}, "does not say which pipelineKey"),
        ({"boxes": {"partitions": [{"context": {"pipelineKey": "P"}, "replication_key_value": 5}]}}, "no instant"),
        ({"events": {"replication_key_value": "2026-05-02T00:00:00Z"}}, "events holds no number"),
        ({"events": {"replication_key_value": -1}}, "events holds no number"),
        ({"events": {"replication_key_value": True}}, "events holds no number"),
        ({"events": None}, "events holds no number"),
        ({"a\nb\x1b[2J": {}}, "no stream of this tap"),
    ],
)
def test_what_is_no_bookmark_is_said(bookmarks: Any, what: str) -> None:
    with pytest.raises(FatalRunError) as refused:
        check_bookmarks(bookmarks, PARTS)
    assert what in str(refused.value)
    assert str(refused.value).isprintable()


def test_bookmarks_are_taken() -> None:
    part = {"context": {"pipelineKey": "P"}, "replication_key_value": "2026-05-02T00:00:00.000Z"}
    check_bookmarks(
        {"customers": {}, "boxes": {"partitions": [part, {"context": {"pipelineKey": "Q"}}]}, "events": {}} | BOOKMARKS,
        PARTS,
    )
