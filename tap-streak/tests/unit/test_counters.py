"""A checksum of what boxes count, small enough for a STATE."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_streak.counters import Counted, group_of, unnoticed

BOXES = {f"box-{number}": (number % 3, 0) for number in range(1000)}


def test_it_is_as_long_for_ten_thousand_boxes_as_for_none() -> None:
    assert len(str(Counted.of(BOXES.items()))) == len(str(Counted.of([]))) < 1000
    assert Counted.read(str(Counted.of(BOXES.items()))) == Counted.of(BOXES.items())


@pytest.mark.parametrize("odd", [None, "", "x", 5, [], {}, "AAAA", "é"])
def test_what_is_none_is_none(odd: Any) -> None:
    assert Counted.read(odd) is None


@given(st.sets(st.sampled_from(sorted(BOXES)), max_size=5), st.sets(st.sampled_from(sorted(BOXES)), max_size=5))
def test_what_counts_otherwise_without_having_moved_is_found(counted: set[str], moved: set[str]) -> None:
    before = Counted.of(BOXES.items())
    now = Counted.of((BOXES | dict.fromkeys(counted | moved, (9, 9))).items())
    found = unnoticed(now, before, moved)
    explained = {group_of(key) for key in moved}
    assert found == {group_of(key) for key in counted} - explained
    assert {group_of(key) for key in counted} <= now.differing(before)


def test_boxes_that_come_and_go_are_no_proof() -> None:
    before = Counted.of(BOXES.items())
    fewer = {key: counts for key, counts in BOXES.items() if key != "box-7"}
    assert unnoticed(Counted.of(fewer.items()), before, []) == set()
    assert unnoticed(Counted.of((BOXES | {"new": (1, 1)}).items()), before, ["new"]) == set()
