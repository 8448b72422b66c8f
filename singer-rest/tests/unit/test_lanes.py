"""Keyed lanes: who shares a key keeps the order, and STATE waits for what stands before it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from singer_rest.target.lanes import Job, Lanes, with_spare

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes(4, max_pending=10)
    yield made
    made.close()


def test_records_of_one_key_keep_their_order(lanes: Lanes) -> None:
    done: list[int] = []
    for number in range(30):
        lanes.put(Job(lambda n=number: done.append(n), {"a"}))  # type: ignore[misc]
    lanes.join()
    assert done == list(range(30))
    assert not lanes.owns("a")


def test_a_record_waits_for_what_it_refers_to_and_for_nothing_else(lanes: Lanes) -> None:
    done: list[str] = []
    gate = threading.Event()

    def own() -> None:
        gate.wait(5)
        done.append("owner")

    def work_beside() -> None:
        done.append("other")
        gate.set()

    lanes.put(Job(own, {"a"}))
    lanes.put(Job(lambda: done.append("follower"), {"b"}, {"a"}))
    lanes.put(Job(work_beside, {"c"}))
    lanes.join()
    assert done == ["other", "owner", "follower"]


def test_state_is_due_when_everything_before_it_is_done(lanes: Lanes) -> None:
    gate = threading.Event()
    lanes.note_state(0)
    lanes.put(Job(lambda: gate.wait(5), {"a"}))
    lanes.note_state(1)
    assert [lanes.due_state(), lanes.due_state()] == [0, None]
    gate.set()
    lanes.join()
    assert lanes.due_state() == 1


def test_what_holds_no_state_does_not_delay_it(lanes: Lanes) -> None:
    gate = threading.Event()
    lanes.add(Job(lambda: gate.wait(5), {"a"}))
    lanes.note_state(1)
    assert lanes.due_state() == 1
    gate.set()


def test_states_do_not_pile_up_behind_a_stuck_record(lanes: Lanes) -> None:
    gate = threading.Event()
    lanes.put(Job(lambda: gate.wait(5), {"a"}))
    for number in range(1000):
        lanes.put(Job(lambda: None, {str(number)}))
        lanes.note_state(number)
    assert len(lanes._states) < 400
    gate.set()
    lanes.join()
    assert lanes.due_state() == 999


def test_the_first_failure_ends_all(lanes: Lanes) -> None:
    lanes.note_state(0)
    lanes.put(Job(lambda: 1 / 0, {"a"}))
    with pytest.raises(ZeroDivisionError):
        lanes.join()
    with pytest.raises(ZeroDivisionError):
        lanes.put(Job(lambda: None, {"b"}))
    assert lanes.due_state() is None


def test_the_reader_waits_when_too_much_is_pending() -> None:
    lanes, gate, ticks = Lanes(1, max_pending=2), threading.Event(), list[int]()
    for name in "ab":
        lanes.put(Job(lambda: gate.wait(5), {name}))

    def tick() -> None:
        ticks.append(1)
        gate.set()

    lanes.put(Job(lambda: None, {"c"}), tick)
    lanes.join()
    lanes.close()
    assert ticks


def test_lanes_to_spare() -> None:
    assert [with_spare(1), with_spare(8)] == [1, 16]
