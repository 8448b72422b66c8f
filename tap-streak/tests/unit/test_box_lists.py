"""A list of several pages is read until nothing can have slipped through."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from streak_double import Double, paged
from tap_streak.box_lists import BoxList, Wanted, glance_at, ms_of, read_boxes

PATH = "/v1/pipelines/P/boxes"
ODD: tuple[Any, ...] = (None, True, -1, "soon", "", [], {}, Decimal("NaN"), Decimal("1e400"), "9" * 400, "²")
ANSWERED = int(datetime(2026, 5, 2, 15, tzinfo=UTC).timestamp() * 1000)


def box(key: str, updated: int, **others: Any) -> dict[str, Any]:
    return {"key": key, "lastUpdatedTimestamp": updated, "lastSavedTimestamp": updated, **others}


def read(lists: list[list[list[Any]]], since: int = -1, *, whole: bool = False) -> tuple[BoxList, Double]:
    """Read with one list of pages for each pass; the last one stays."""
    passes = iter(lists)
    current: list[list[list[Any]]] = []

    def pages() -> list[list[Any]]:
        return current[0]

    def answer(params: dict[str, Any]) -> Any:
        if params.get("page", 0) == 0:
            current[:] = [next(passes, current[0] if current else [])]
        return paged(pages)(params)

    streak = Double({PATH: answer})
    return read_boxes(streak.client, Wanted("P", since, whole), 2), streak


def test_one_page_is_read_once_and_is_sure() -> None:
    boxes, streak = read([[[box("a", 5), box("b", 4)]]])
    assert [row["key"] for row in boxes.oldest_first()] == ["b", "a"]
    assert len(streak.asked) == 1
    assert boxes.sure_until(lambda glance: glance.updated) == ANSWERED - 2000


def test_several_pages_are_read_again_until_all_is_seen_again() -> None:
    pages = [[box("a", 5), box("b", 4)], [box("c", 3)]]
    boxes, streak = read([pages])
    assert [row["key"] for row in boxes.oldest_first()] == ["c", "b", "a"]
    assert [params["page"] for _, params in streak.asked] == [0, 1, 0, 1]
    assert boxes.sure_until(lambda glance: glance.updated) == ANSWERED - 2000


def test_a_box_that_slipped_between_the_pages_is_found_in_the_next_pass() -> None:
    """While page 1 was asked for, a box left: the first row of page 1 had moved to page 0."""
    slipped = [[box("a", 5), box("b", 4)], [box("d", 2)]]
    boxes, streak = read([slipped, [[box("b", 4), box("c", 3)], [box("d", 2)]]])
    assert {row["key"] for row in boxes.oldest_first()} == {"a", "b", "c", "d"}
    assert len(streak.asked) == 6  # `a` was not seen again, all others were


def test_a_list_that_never_holds_still_is_asked_for_all_at_once() -> None:
    keys = "abcdefg"
    lists = [[[box(key, 9) for key in keys[number : number + 2]], [box("z", 2)]] for number in range(5)]
    boxes, streak = read(lists)
    assert {row["key"] for row in boxes.oldest_first()} == {*"abcde", "z"}
    assert [asked.get("limit") for _, asked in streak.asked] == [2] * 6 + [None] * 2


def test_pages_end_where_rows_are_older_than_the_bookmark() -> None:
    boxes, streak = read([[[box("a", 50), box("b", 9)], [box("c", 8)]]], since=10)
    assert [row["key"] for row in boxes.oldest_first()] == ["a"]
    assert {params["page"] for _, params in streak.asked} == {0}


def test_a_list_that_is_not_sorted_is_read_to_its_end() -> None:
    boxes, _ = read([[[box("b", 8), box("a", 9)], [box("c", 50)]]], since=10)
    assert [row["key"] for row in boxes.oldest_first()] == ["c"]


def test_with_whole_lists_a_glance_at_every_box_is_kept() -> None:
    boxes, _ = read([[[box("a", 50), box("b", 9)], [box("c", 8)]]], since=10, whole=True)
    assert [row["key"] for row in boxes.oldest_first()] == ["a"]
    assert boxes.glances.keys() == {"a", "b", "c"}


def test_the_newer_of_two_sights_counts_and_rows_are_handed_over_once() -> None:
    boxes = BoxList()
    for updated, name in ((5, "old"), (7, "new"), (6, "late")):
        boxes.take(box("a", updated, name=name), since=-1)
    assert [row["name"] for row in boxes.oldest_first()] == ["new"]
    assert boxes.oldest_first() == []


@pytest.mark.parametrize("ahead", [3_000, 2 * 24 * 3_600_000, 10**15, 10**18])
def test_what_a_box_says_of_the_future_makes_nothing_sure(ahead: int) -> None:
    pages = [[box("z", ANSWERED + ahead), box("a", ANSWERED + 7)], [box("b", 4)]]
    boxes, _ = read([pages])
    assert boxes.sure_until(lambda glance: glance.updated) == ANSWERED + 7
    assert [row["key"] for row in boxes.oldest_first()] == ["b", "a", "z"]


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (5, 5),
        ("1777680000000", 1_777_680_000_000),
        (Decimal("1777680000000.0"), 1_777_680_000_000),
        ("2026-05-02T00:00:00Z", 1_777_680_000_000),
        *[(odd, 0) for odd in ODD],
    ],
)
def test_a_timestamp_in_any_form(value: Any, ms: int) -> None:
    assert ms_of(value) == ms


@pytest.mark.parametrize("odd", [None, "soon", True, -1])
def test_a_box_that_does_not_tell_when_it_changed_is_never_taken_for_old(odd: Any) -> None:
    pages = [[box("a", 50), {"key": "b", "lastUpdatedTimestamp": odd}], [box("c", 8)]]
    boxes, _ = read([pages], since=10)
    assert {row["key"] for row in boxes.oldest_first()} == {"a", "b"}
    saved = glance_at({"key": "b", "lastUpdatedTimestamp": odd, "lastSavedTimestamp": 7})
    assert (saved.updated, saved.moved) == (7, 7)


def test_nothing_is_sure_beyond_the_first_page() -> None:
    boxes, _ = read([[[box("a", ANSWERED + 7), box("b", 4)], [box("c", 3)]]])
    assert boxes.sure_until(lambda glance: glance.updated) == ANSWERED + 7


def test_a_glance_tells_what_hangs_on_a_box() -> None:
    glance = glance_at(
        box("a", 5, lastCommentTimestamp=9, taskTotal=0, commentCount=2, callLogCount=0, contacts=[{"key": "c"}, "d"])
    )
    assert (glance.updated, glance.moved, glance.contacts) == (5, 9, ("c", "d"))
    assert glance.without == {"tasks"}  # meetings have two counters, one of which the box does not tell


def test_a_box_without_timestamps_has_never_moved() -> None:
    glance = glance_at({"key": "a", "lastUpdatedTimestamp": None, "lastSavedTimestamp": True})
    assert (glance.updated, glance.moved) == (0, 0)
