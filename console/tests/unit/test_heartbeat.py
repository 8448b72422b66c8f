"""The heartbeat: when it says that something is wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sync_console.live import heartbeat

if TYPE_CHECKING:
    from pathlib import Path


def instant(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="seconds")


def pulse(up_for: float = 100, **changes: Any) -> heartbeat.Pulse:
    values: dict[str, Any] = {
        "up": True,
        "since": instant(up_for),
        "restarts": 3,
        "last_exit": None,
        "last_state": None,
    }
    return heartbeat.Pulse(**(values | changes))


def problems(folder: Path, **pipelines: heartbeat.Pulse) -> list[str]:
    heartbeat.write(folder, pipelines)
    assert heartbeat.judge(folder)[0] == pipelines
    return heartbeat.judge(folder)[1]


def test_without_a_file_there_is_no_supervisor(tmp_path: Path) -> None:
    pulses, told = heartbeat.judge(tmp_path)
    assert pulses == {}
    assert "there is no heartbeat" in told[0]


def test_what_is_up_is_well_and_what_is_down_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, first=pulse()) == []
    assert problems(tmp_path, first=pulse(), second=pulse(up=False)) == ["second is down"]


@pytest.mark.parametrize(
    ("up_for", "last_exit", "state_age", "problem"),
    [
        (2, 1, None, "first failed and has only just started again"),
        (2, 1, 60, "first failed and has only just started again"),
        (100, 1, None, ""),
        (10, 1, 5, ""),
        (2, 0, None, ""),
        (2, None, None, ""),
    ],
)
def test_a_pipeline_that_failed_is_not_well_while_it_starts(
    tmp_path: Path, up_for: float, last_exit: int | None, state_age: float | None, problem: str
) -> None:
    last_state = None if state_age is None else instant(state_age)
    assert "".join(problems(tmp_path, first=pulse(up_for, last_exit=last_exit, last_state=last_state))) == problem


def test_an_old_heartbeat_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.write(tmp_path, {"first": pulse()})
    monkeypatch.setattr(heartbeat, "STALE_SECONDS", -1)
    assert "the supervisor is gone or stuck" in heartbeat.judge(tmp_path)[1][0]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_neither_ages_nor_renews_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(heartbeat, "now", lambda: instant(hours * 3600))
    assert problems(tmp_path, first=pulse()) == []
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 31)
    assert "the last heartbeat is 31 s old" in heartbeat.judge(tmp_path)[1][0]


def test_where_the_machine_does_not_tell_the_clock_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "boot", lambda: "")
    assert problems(tmp_path, first=pulse()) == []
    monkeypatch.setattr(heartbeat, "now", lambda: instant(100))
    assert "the supervisor is gone or stuck" in problems(tmp_path, first=pulse())[0]


def test_only_a_turn_is_news() -> None:
    turning = heartbeat.Pulse(since=instant(100))
    assert not turning.turn(up=False)
    assert heartbeat.age(turning.since) >= 99
    assert turning.turn(up=True)
    assert heartbeat.age(turning.since) < 60
    assert not turning.turn(up=True)


def test_a_pulse_in_words() -> None:
    assert str(pulse(since="2026-05-02T16:00:00+00:00")) == (
        "up since 2026-05-02T16:00:00+00:00, 3 restarts, last STATE none yet"
    )
    words = str(pulse(up=False, last_exit=1, last_state="2026-05-02T16:00:00+00:00"))
    assert words.startswith("DOWN since")
    assert words.endswith("last exit code 1, last STATE 2026-05-02T16:00:00+00:00")
