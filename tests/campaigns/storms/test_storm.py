"""A short storm over a whole installation: both sides agree in the end, whatever was killed and went astray."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from busy_day import BusyDay
from events_once import judge_events
from storm import EFFECTS_SINCE, Storm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Pipe
    from sandbox.testing import Sandbox

SEED = int(os.environ.get("SEED", "1"))
SECONDS = 15


@pytest.fixture
def storm(sandbox: Sandbox, tmp_path: Path) -> Iterator[Storm]:
    made = Storm(sandbox, tmp_path, SEED)
    yield made
    made.close()


@pytest.mark.timeout(900)
def test_a_storm_loses_doubles_and_repeats_nothing(storm: Storm) -> None:
    report = storm.rage(SECONDS)
    print(report)  # noqa: T201  # pytest shows it when the story fails
    assert report.is_good, "\n".join([*report.broken, *report.verdict.findings, *storm.day.log])
    astray = report.webhooks["dropped"] + report.webhooks["duplicated"]
    assert min(report.happened, sum(report.kills.values()), astray) > 0


def test_the_judge_sees_what_is_lost_and_doubled(pipe: Pipe) -> None:
    day, back = BusyDay(SEED, pipe.sandbox), pipe.back()
    for way in (pipe, back):
        way.target_config["effects_since"] = EFFECTS_SINCE
    pipe.run()
    day.look()
    day.staff_sets_status()
    day.customer_pays()
    day.rep_writes_to_the_shop()
    for way in (pipe, back):
        way.run()
    day.look()
    snapshot = pipe.sandbox.snapshot()
    found = judge_events(day, snapshot)
    assert not found, found.findings
    streak = snapshot["streak"]
    streak["tasks"].append(streak["tasks"][0])
    status = next(one for one in streak["comments"] if one["message"].startswith("Order status"))
    payment = next(one for one in streak["comments"] if one["message"].startswith("Payment"))
    streak["comments"] += [status, payment]
    snapshot["clarity"]["notes"].clear()
    found = judge_events(day, snapshot)
    assert (found.doubled, found.lost) == (3, 1), found.findings
