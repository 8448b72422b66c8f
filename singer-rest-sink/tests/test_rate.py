"""The allowed rate: never above it, and not below it when there is work."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from singer_rest_sink.rate import RateLimit


def passes(rate: RateLimit, lanes: int, seconds: float) -> list[float]:
    until = time.monotonic() + seconds
    passed: list[float] = []

    def lane() -> None:
        while time.monotonic() < until:
            rate.acquire()
            passed.append(time.monotonic())

    with ThreadPoolExecutor(lanes) as pool:
        for one in [pool.submit(lane) for _ in range(lanes)]:
            one.result()
    return sorted(at for at in passed if at <= until)


def most_in_a_second(passed: list[float]) -> int:
    return max(sum(1 for later in passed if at <= later < at + 1) for at in passed)


@pytest.mark.parametrize("limit", [10, 100])
def test_eight_lanes_use_the_limit_and_never_exceed_it(limit: int) -> None:
    passed = passes(RateLimit(limit), lanes=8, seconds=3)
    assert most_in_a_second(passed) <= limit
    assert len(passed) >= 0.95 * limit * 3


def test_calls_are_paced_evenly_from_the_first() -> None:
    rate = RateLimit(20)
    began = time.monotonic()
    for _ in range(5):
        rate.acquire()
    assert time.monotonic() - began >= 4 / 20


def test_an_idle_limit_saves_nothing_up() -> None:
    rate = RateLimit(50)
    rate.acquire()
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(6):
        rate.acquire()
    assert time.monotonic() - began >= 4 / 50


def test_less_than_one_call_a_second() -> None:
    rate = RateLimit(4 / 5)
    rate.acquire()
    assert rate.acquire() >= 1.25


def test_a_pause_holds_all_lanes_until_the_same_instant() -> None:
    rate = RateLimit(1000)
    instant = time.monotonic() + 0.4
    rate.pause_until(instant)
    rate.pause_until(instant - 0.3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rate.acquire(), range(8)))
    assert 0 <= time.monotonic() - instant < 0.2


def test_a_pause_reaches_those_who_wait_already() -> None:
    rate = RateLimit(2)
    rate.acquire()
    waits: list[float] = []
    lane = Thread(target=lambda: waits.append(rate.acquire()))
    lane.start()
    rate.pause_until(time.monotonic() + 0.9)
    lane.join()
    assert waits[0] >= 0.85


def test_a_stopped_limit_wakes_everyone() -> None:
    rate = RateLimit(1)
    rate.pause_until(time.monotonic() + 60)
    lanes = [Thread(target=rate.acquire) for _ in range(4)]
    for lane in lanes:
        lane.start()
    rate.stop()
    for lane in lanes:
        lane.join(5)
        assert not lane.is_alive()


def test_no_limit_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        RateLimit(0)
