"""The allowed rate: never above it, and not below it when there is work."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Thread

import pytest
from singer_rest.http import rate_limit as rate
from singer_rest.http.rate_limit import RateLimit


class LateClock:
    """Time goes on only while somebody waits, and whoever waits wakes late, as on a busy machine."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.now = 0.0
        self._chance = Random(1)  # noqa: S311  # repeatable, not secret

    def monotonic(self) -> float:
        """What the module asks for."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Wait so long, and a little longer."""
        self.now += seconds + self._chance.uniform(0, 0.02)


def most_in_a_second(passed: list[float]) -> int:
    return max(sum(1 for later in passed if at <= later < at + 1) for at in passed)


@pytest.mark.parametrize("limit", [10, 100])
def test_the_limit_is_used_and_never_exceeded_however_late_one_wakes(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, limited = LateClock(), RateLimit(limit)
    monkeypatch.setattr(rate, "time", clock)
    monkeypatch.setattr(limited._turn, "wait", clock.wait)
    passed = []
    while clock.now < 10:
        limited.acquire()
        passed.append(clock.now)
    assert most_in_a_second(passed) <= limit
    assert len(passed) >= 0.95 * limit * 10


def test_lanes_share_one_limit() -> None:
    shared = RateLimit(100)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as lanes:
        list(lanes.map(lambda _: shared.acquire(), range(50)))
    assert time.monotonic() - began >= 49 / 100


def test_calls_are_paced_evenly_from_the_first() -> None:
    limited = RateLimit(20)
    began = time.monotonic()
    for _ in range(5):
        limited.acquire()
    assert time.monotonic() - began >= 4 / 20


def test_an_idle_limit_saves_nothing_up() -> None:
    limited = RateLimit(50)
    limited.acquire()
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(6):
        limited.acquire()
    assert time.monotonic() - began >= 4 / 50


def test_less_than_one_call_a_second() -> None:
    limited = RateLimit(4 / 5)
    limited.acquire()
    assert limited.acquire() >= 1.25


def test_a_pause_holds_all_lanes_until_the_same_instant() -> None:
    limited = RateLimit(1000)
    instant = time.monotonic() + 0.4
    limited.pause_until(instant)
    limited.pause_until(instant - 0.3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: limited.acquire(), range(8)))
    assert 0 <= time.monotonic() - instant < 0.4 * 7


def test_a_pause_reaches_those_who_wait_already() -> None:
    limited = RateLimit(2)
    limited.acquire()
    waits: list[float] = []
    lane = Thread(target=lambda: waits.append(limited.acquire()))
    lane.start()
    limited.pause_until(time.monotonic() + 0.9)
    lane.join()
    assert waits[0] >= 0.85


def test_a_stopped_limit_wakes_everyone() -> None:
    limited = RateLimit(1)
    limited.pause_until(time.monotonic() + 60)
    lanes = [Thread(target=limited.acquire) for _ in range(4)]
    for lane in lanes:
        lane.start()
    limited.stop()
    for lane in lanes:
        lane.join(5)
        assert not lane.is_alive()


def test_no_limit_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        RateLimit(0)
