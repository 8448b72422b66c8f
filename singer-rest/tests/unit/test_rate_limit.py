"""The allowed rate: never above it, and not below it when there is work. On a clock of its own."""

from __future__ import annotations

import time
from random import Random
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from singer_rest.http import rate_limit
from singer_rest.http.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., tuple[RateLimit, "Clock"]]


class Clock:
    """Time goes on only while somebody waits, who may wake late, as on a busy machine."""

    def __init__(self, late: float) -> None:
        self.now = 100.0
        self.on_wait: list[Callable[[], None]] = []
        self._late, self._chance = late, Random(1)  # noqa: S311 - repeatable, not secret

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        if self.on_wait:
            self.on_wait.pop()()
        else:
            self.now += seconds + self._chance.uniform(0, self._late)


@pytest.fixture
def on_clock(monkeypatch: pytest.MonkeyPatch) -> Make:
    def make(limit: float, late: float = 0.0, *, burst: bool = False) -> tuple[RateLimit, Clock]:
        limited = RateLimit(limit, burst=burst)
        clock = Clock(late)
        monkeypatch.setattr(rate_limit, "time", clock)
        monkeypatch.setattr(limited._turn, "wait", clock.wait)
        return limited, clock

    return make


def most_in_a_second(passed: list[float]) -> int:
    return max(sum(1 for later in passed if at <= later < at + 1) for at in passed)


@pytest.mark.parametrize("limit", [10, 100])
@pytest.mark.parametrize("late", [0.0, 0.02])
@pytest.mark.parametrize("burst", [False, True])
def test_the_limit_is_used_and_never_exceeded_however_late_one_wakes(
    limit: int, late: float, on_clock: Make, *, burst: bool
) -> None:
    limited, clock = on_clock(limit, late, burst=burst)
    passed = []
    while clock.now < 110:
        limited.acquire()
        passed.append(clock.now)
    assert most_in_a_second(passed) <= limit
    assert len(passed) >= 0.93 * limit * 10


def test_calls_are_paced_evenly_from_the_first(on_clock: Make) -> None:
    limited, clock = on_clock(20)
    for _ in range(5):
        limited.acquire()
    assert 4 / 20 <= clock.now - 100 <= 4 / 20 * 1.02


def test_a_burst_passes_at_once_and_the_next_call_a_second_later(on_clock: Make) -> None:
    limited, clock = on_clock(3, burst=True)
    for _ in range(3):
        assert limited.acquire() == 0
    assert 1 < limited.acquire() <= 1.06
    assert limited.acquire() == limited.acquire() == 0
    clock.now += 0.5
    assert 0.5 < limited.acquire() <= 0.56


def test_an_idle_limit_saves_nothing_up(on_clock: Make) -> None:
    limited, clock = on_clock(50)
    limited.acquire()
    clock.now += 30
    for _ in range(6):
        limited.acquire()
    assert clock.now - 130 >= 5 / 50


def test_less_than_one_call_a_second(on_clock: Make) -> None:
    limited, _ = on_clock(4 / 5)
    assert limited.acquire() == 0
    assert 1.25 <= limited.acquire() <= 1.3


def test_the_longest_of_several_pauses_holds(on_clock: Make) -> None:
    limited, clock = on_clock(1000)
    limited.pause_until(100.4)
    limited.pause_until(100.1)
    limited.acquire()
    assert clock.now == pytest.approx(100.4)


def test_a_pause_reaches_those_who_wait_already(on_clock: Make) -> None:
    limited, clock = on_clock(2)
    limited.acquire()
    clock.on_wait.append(lambda: limited.pause_until(100.9))
    limited.acquire()
    assert clock.now == pytest.approx(100.9)


def test_a_stop_wakes_who_waits(on_clock: Make) -> None:
    limited, clock = on_clock(1)
    limited.pause_until(160)
    clock.on_wait.append(limited.stop)
    limited.acquire()
    assert clock.now == 100


def test_a_stopped_limit_wakes_every_lane() -> None:
    limited = RateLimit(1)
    limited.pause_until(time.monotonic() + 3600)
    lanes = [Thread(target=limited.acquire) for _ in range(4)]
    for lane in lanes:
        lane.start()
    limited.stop()
    for lane in lanes:
        lane.join()


def test_no_limit_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        RateLimit(0)
