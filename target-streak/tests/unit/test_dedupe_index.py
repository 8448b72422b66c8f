"""Texts that are on boxes already are taken over, not written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target_streak.dedupe_index import SKEW_MS, DedupeIndex, fingerprint, is_later

if TYPE_CHECKING:
    from singer_rest.ledger import Ledger


def test_boxes_with_something_on_them_are_noted(ledger: Ledger) -> None:
    index = DedupeIndex(ledger)
    index.note(
        [{"key": "b1", "pipelineKey": "p1", "taskTotal": 1, "callLogCount": 2}, {"key": "b2", "pipelineKey": "p1"}]
    )
    index.note(
        [{"key": "b3", "pipelineKey": "p1", "commentCount": 1}, {"key": "b1", "pipelineKey": "p1", "taskTotal": 1}]
    )
    assert index.noted() == [("tasks", "b1"), ("comments", "b3"), ("meetings", "b1")]
    assert index.is_noted("comments", "b3")
    assert not index.is_noted("comments", "b1")


def test_what_is_noted_later_counts_at_once(ledger: Ledger) -> None:
    index = DedupeIndex(ledger)
    assert not index.is_noted("tasks", "b1")
    index.note([{"key": "b1", "pipelineKey": "p1", "taskTotal": 1}])
    assert index.is_noted("tasks", "b1")


def test_texts_are_remembered_in_their_order(ledger: Ledger) -> None:
    index = DedupeIndex(ledger)
    call, again = {"key": "k1", "text": "Call  Ada", "creationDate": 5}, {"key": "k2", "text": "Call Ada"}
    assert not index.is_remembered("tasks", "b1")
    assert index.remember("tasks", "b1", [call, again, {"key": "k3", "text": "Write"}]) == 1
    assert index.is_remembered("tasks", "b1")
    found = index.find("tasks", "b1", fingerprint("tasks", {"text": "Call Ada"}))
    assert [(key, made) for key, made in found] == [("k1", 5), ("k2", None)]
    assert list(index.find("tasks", "b2", "x")) == []


@pytest.mark.parametrize(
    ("stream", "first", "second", "same"),
    [
        ("tasks", {"text": "a b"}, {"text": " a\n b "}, True),
        ("tasks", {"text": "a"}, {"text": "A"}, False),
        ("comments", {"message": "a", "text": "x"}, {"message": "a"}, True),
        ("meetings", {"notes": "a", "startTimestamp": 1}, {"notes": "a", "startTimestamp": 2}, False),
        ("tasks", {}, {"text": None}, True),
        ("tasks", {"text": "\ud800"}, {"text": "a"}, False),
    ],
)
def test_a_fingerprint_is_the_text_however_it_is_spaced(
    stream: str, first: dict[str, object], second: dict[str, object], *, same: bool
) -> None:
    assert (fingerprint(stream, first) == fingerprint(stream, second)) is same


@pytest.mark.parametrize(
    ("date", "made", "later"),
    [
        (None, 1, False),
        (10**9, None, False),
        (10**9, 0, False),
        (10**9, 10**9 - SKEW_MS - 1, True),
        (10**9, 10**9 - SKEW_MS, False),
        (2 * 10**9 + SKEW_MS + 1, 1, False),
    ],
)
def test_an_event_after_it_was_made_is_another(date: int | None, made: int | None, *, later: bool) -> None:
    assert is_later(date, made, 2 * 10**9) is later
