"""The sandbox's clock, and what keeps to it or to real time."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sandbox.clock import Clock, instant
from sandbox.limits import Limits

from sandbox import clock, limits


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Real time, which the test moves."""
    now = SimpleNamespace(seconds=1000.0)
    time = SimpleNamespace(monotonic=lambda: now.seconds, time_ns=lambda: int(now.seconds * 1e9))
    for module in (clock, limits):
        monkeypatch.setattr(module, "time", time)
    return now


def test_it_is_real_time_until_it_is_moved(real: SimpleNamespace) -> None:
    own = Clock()
    real.seconds += 5
    assert own.now_ms() == 1_005_000
    own.advance(60)
    assert own.now_ms() == 1_065_000
    own.set(datetime(2026, 1, 1, tzinfo=UTC))
    real.seconds += 1
    assert own.now() == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    own.reset()
    assert own.now_ms() == 1_006_000


def test_it_runs_as_fast_as_it_is_told(real: SimpleNamespace) -> None:
    own = Clock()
    own.speed(60)
    real.seconds += 2
    assert own.now_ms() == 1_120_000
    own.advance(-20)
    real.seconds += 1
    assert own.now_ms() == 1_160_000


def test_who_watches_it_is_told_of_every_move(real: SimpleNamespace) -> None:
    own, moves = Clock(), []
    own.watchers.append(lambda: moves.append(own.now_ms()))
    own.advance(1)
    own.reset()
    assert moves == [1_001_000, 1_000_000]
    assert real.seconds == 1000


def test_an_instant_has_no_noise() -> None:
    assert instant(1_700_000_000_123).microsecond == 123_000


def test_a_bucket_lets_so_many_pass_a_second(real: SimpleNamespace) -> None:
    made = Limits()
    made.replace({"streak": {"rps": 3, "latency_ms": 5}, "latency_ms": 20})
    bucket = made.buckets["streak"]
    assert [bucket.take() for _ in range(5)] == [True] * 3 + [False] * 2
    assert bucket.retry_after == 1
    real.seconds += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    real.seconds += 100
    assert [bucket.take() for _ in range(4)] == [True] * 3 + [False]
    assert list(made.buckets) == ["streak"]
    assert made.latency_ms == {"clarity": 20, "streak": 5}


def test_a_limit_that_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="rps below 1"):
        Limits().replace({"clarity": {"rps": 0.5}})
