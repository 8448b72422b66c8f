"""The pauses before a pipeline is started again."""

from __future__ import annotations

from sync_console.live.backoff import Backoff


def test_pauses_double_up_to_a_minute() -> None:
    backoff = Backoff()
    for longest in (1, 2, 4, 8, 16, 32, 60, 60):
        assert longest / 2 <= backoff.next(worked=False) <= longest


def test_after_a_run_that_worked_they_begin_anew() -> None:
    backoff = Backoff(failures=10_000)
    assert backoff.next(worked=False) <= 60
    assert 0.25 <= backoff.next(worked=True) <= 0.5
    assert 0.5 <= backoff.next(worked=False) <= 1
