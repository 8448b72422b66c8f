"""Lanes: order per key, nobody waits without need, STATE never passes what is open."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_rest.target.lanes import Job, Lanes

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = st.sampled_from("abcdef")
SECONDS = st.floats(0, 0.003)
JOBS = st.lists(st.tuples(st.sets(KEYS, min_size=1, max_size=2), st.sets(KEYS, max_size=2), SECONDS), max_size=40)


class BrokenError(Exception):
    """What ends all lanes."""


class Book:
    """Notes when each job began and ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.events: list[tuple[str, int]] = []

    def job(self, number: int, keys: set[str], refers_to: set[str] | None = None, seconds: float = 0) -> Job:
        def work() -> None:
            self.note("begin", number)
            time.sleep(seconds)
            self.note("end", number)

        return Job(work, frozenset(keys), frozenset(refers_to or ()))

    def breaking(self, number: int, keys: set[str], refers_to: set[str]) -> Job:
        def work() -> None:
            self.note("begin", number)
            raise BrokenError

        return Job(work, frozenset(keys), frozenset(refers_to))

    def note(self, what: str, number: int) -> None:
        with self.lock:
            self.events.append((what, number))

    def ended(self) -> set[int]:
        return {number for what, number in self.events if what == "end"}


def until_open(gate: threading.Event) -> Callable[[], None]:
    def work() -> None:
        gate.wait(60)

    return work


def run_all(lanes: Lanes, book: Book, jobs: list[Any], ending: int | None) -> list[int]:
    """Put the jobs, each behind the mark before it; the one with the number `ending` breaks the lanes."""
    states: list[int] = []

    def tick() -> None:
        if (state := lanes.due_state()) is not None:
            assert set(range(state + 1)) <= book.ended()
            states.append(state)

    try:
        for number, (keys, refers_to, seconds) in enumerate(jobs):
            sound = number != ending
            lanes.put(
                book.job(number, keys, refers_to, seconds) if sound else book.breaking(number, keys, refers_to), tick
            )
            lanes.note_state(number)
            tick()
        lanes.join(tick)
        tick()
    finally:
        lanes.close()
    return states


def assert_in_order(book: Book, jobs: list[Any]) -> None:
    place = {event: index for index, event in enumerate(book.events)}
    for later, (keys, refers_to, _) in enumerate(jobs):
        for earlier in range(later):
            if (keys | refers_to) & jobs[earlier][0] and ("begin", later) in place:
                assert place["end", earlier] < place["begin", later]


@settings(max_examples=60, deadline=None)
@given(JOBS)
def test_shared_keys_keep_their_order_and_references_wait(jobs: list[Any]) -> None:
    book = Book()
    states = run_all(Lanes(4), book, jobs, ending=None)
    assert_in_order(book, jobs)
    assert states == sorted(states)
    assert states[-1:] == ([len(jobs) - 1] if jobs else [])


@settings(max_examples=40, deadline=None)
@given(JOBS.filter(bool), st.data())
def test_what_fails_keeps_its_place_and_no_state_passes_it(jobs: list[Any], data: st.DataObject) -> None:
    book, ending = Book(), data.draw(st.integers(0, len(jobs) - 1))
    with pytest.raises(BrokenError):
        run_all(Lanes(4), book, jobs, ending)
    assert_in_order(book, jobs)
    assert ending not in book.ended()


def test_a_stuck_key_delays_nobody_else_and_holds_the_state() -> None:
    book, lanes, gate = Book(), Lanes(2), threading.Event()
    lanes.note_state("before")
    lanes.put(Job(until_open(gate), frozenset({"stuck"})))
    for number in range(50):
        lanes.put(book.job(number, {str(number)}))
        lanes.note_state(number)
    waiting = book.job(99, {"stuck"})
    lanes.put(waiting)
    until = time.monotonic() + 60
    while len(book.ended()) < 50 and time.monotonic() < until:
        time.sleep(0.01)
    assert book.ended() == set(range(50))
    assert lanes.due_state() == "before"
    assert lanes.due_state() is None
    gate.set()
    lanes.join()
    assert lanes.due_state() == 49
    lanes.close()


def test_states_do_not_pile_up_behind_a_stuck_record() -> None:
    book, lanes, gate = Book(), Lanes(2), threading.Event()
    lanes.put(Job(until_open(gate), frozenset({"stuck"})))
    for number in range(1000):
        lanes.put(book.job(number, {str(number)}))
        lanes.note_state(number)
    assert lanes.due_state() is None
    assert len(lanes._states) <= 2 * lanes.pending + 101
    gate.set()
    lanes.join()
    assert lanes.due_state() == 999
    lanes.close()


def test_a_later_owner_does_not_wait_for_who_only_referred_to_it() -> None:
    book, lanes, gate = Book(), Lanes(2), threading.Event()
    lanes.put(Job(until_open(gate), frozenset({"box"}), frozenset({"contact"})))
    lanes.put(book.job(1, {"contact"}))
    until = time.monotonic() + 60
    while not book.ended() and time.monotonic() < until:
        time.sleep(0.01)
    gate.set()
    assert book.ended() == {1}
    lanes.close()


def test_the_reader_waits_when_too_much_is_pending() -> None:
    gate, ticks = threading.Event(), []
    lanes = Lanes(2, max_pending=5, max_bytes=1000)

    def tick() -> None:
        ticks.append(lanes.pending)
        gate.set()

    for number in range(20):
        lanes.put(Job(until_open(gate), frozenset({str(number)}), size=10), tick)
    assert max(ticks) == 5
    lanes.put(Job(lambda: None, frozenset({"huge"}), size=5000), tick)
    lanes.join()
    lanes.close()


def test_all_lanes_work_at_the_same_time_as_long_as_there_is_work() -> None:
    together, lanes = threading.Barrier(8, timeout=60), Lanes(8)

    def work() -> None:
        together.wait()

    for number in range(160):
        lanes.put(Job(work, frozenset({str(number)})))
    lanes.join()
    lanes.close()
    assert not together.broken


def test_what_ends_one_lane_ends_all_and_no_state_goes_out() -> None:
    lanes = Lanes(2)

    def fail() -> None:
        raise RuntimeError("the ledger is full")

    lanes.put(Job(fail, frozenset({"a"})))
    lanes.note_state("after")
    with pytest.raises(RuntimeError, match="the ledger is full"):
        lanes.join()
    with pytest.raises(RuntimeError, match="the ledger is full"):
        lanes.put(Job(lambda: None, frozenset({"b"})))
    assert lanes.due_state() is None
    lanes.close()


def test_what_is_durable_already_holds_no_state() -> None:
    lanes, gate = Lanes(1), threading.Event()
    lanes.add(Job(until_open(gate), frozenset({"letter"})))
    lanes.note_state(1)
    assert lanes.due_state() == 1
    gate.set()
    lanes.join()
    lanes.close()
