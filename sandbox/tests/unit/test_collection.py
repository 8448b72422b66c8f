"""Clarity's records in the order of their lists."""

from __future__ import annotations

from typing import Any

from sandbox.clarity.collection import Collection
from sandbox.clarity.instants import micros
from sandbox.clarity.kinds import KINDS

DAY = "2026-01-0{}T00:00:00Z"


def orders(*days: int) -> Collection:
    """Orders 1, 2, … that changed on these days."""
    made = Collection(KINDS["orders"])
    for number, day in enumerate(days, 1):
        made.put(record(str(number), day))
    return made


def record(order_id: str, day: int) -> dict[str, Any]:
    return {"orderId": order_id, "updatedAt": DAY.format(day)}


def listed(made: Collection, start: int = 0) -> list[bytes]:
    return [row.split(b'"')[3] for row in made.page(start, 100)[0]]


def test_they_are_ordered_by_change_and_id() -> None:
    made = orders(3, 1, 2, 1)
    assert listed(made) == [b"2", b"4", b"3", b"1"]
    made.put(record("2", 5))
    assert listed(made) == [b"4", b"3", b"1", b"2"]
    made.remove("3")
    assert listed(made) == [b"4", b"1", b"2"]
    assert made.encoded("3") is None


def test_a_list_begins_at_an_instant_or_behind_a_record() -> None:
    made = orders(1, 2, 2, 3)
    since = micros(DAY.format(2))
    assert listed(made, made.start(None, None)) == [b"1", b"2", b"3", b"4"]
    assert listed(made, made.start(since, None)) == [b"2", b"3", b"4"]
    assert listed(made, made.start(since, "2")) == [b"3", b"4"]
    assert made.page(1, 2)[1] == 3


def test_a_change_goes_to_the_very_end() -> None:
    made = orders(1, 9)
    assert micros(made.stamp(micros(DAY.format(9)) // 1000)) == micros(DAY.format(9)) + 1000


def test_a_change_does_not_follow_a_record_that_is_days_ahead() -> None:
    made = orders(1, 2, 9)
    assert micros(made.stamp(micros(DAY.format(2)) // 1000)) == micros(DAY.format(2)) + 1000


def test_a_new_id_is_free() -> None:
    made = orders(1, 2)
    taken = made.new_id()
    made.put(record(taken, 3) | {"orderId": taken})
    assert made.new_id() not in made.records
