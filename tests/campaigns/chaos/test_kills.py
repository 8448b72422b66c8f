"""Programs are killed at every named step and anywhere else: nothing is lost, nothing doubled, all in order."""

from __future__ import annotations

import json
import os
from random import Random
from typing import TYPE_CHECKING

import pytest
from campaign import campaign
from target_run import before, not_written
from verdict import judge
from way_back import WayBack
from way_there import WayThere

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

SEED = int(os.environ.get("SEED", "4"))


@pytest.mark.timeout(900)
def test_kills_and_signals_lose_double_and_mix_up_nothing(tmp_path: Path) -> None:
    report = campaign(tmp_path, kills=25, meltano=2, signals=5, seed=SEED)
    print(report)  # noqa: T201  # pytest shows it when the story fails
    assert not report.verdict, report.verdict.findings
    assert sum(report.done.values()) == 30
    assert report.events > 500


@pytest.mark.timeout(900)
def test_kills_on_the_way_back_lose_double_and_mix_up_nothing(tmp_path: Path) -> None:
    report = campaign(tmp_path, kills=0, back=10, seed=SEED)
    print(report)  # noqa: T201  # as above
    assert not report.verdict, report.verdict.findings
    assert sum(report.done.values()) == 10


@pytest.mark.parametrize("way", [WayThere, WayBack])
def test_two_runs_at_once_make_no_double(tmp_path: Path, way: type[World]) -> None:
    with way(tmp_path / "two", Random(SEED)) as world:  # noqa: S311  # repeatable, not secret
        world.change()
        lines = world.lines()
        runs = [world.target(lines, name) for name in ("one", "other")]
        assert [(run.ends_within(60), run.process.returncode) for run in runs] == [(True, 0)] * 2
        states = [run.state() for run in runs]
        assert states[0] == states[1]
        world.state = states[0]
        verdict = world.judge()
        assert not verdict, verdict.findings


def test_the_campaign_sees_what_is_lost_doubled_and_wrong(tmp_path: Path) -> None:
    with WayThere(tmp_path / "spoilt", Random(SEED)) as world:  # noqa: S311  # repeatable, not secret
        world.change()
        lines = world.lines()
        run = world.target(lines)
        assert run.ends_within(60)
        assert run.state() == json.loads(lines[-1])["value"]
        snapshot = world.sandbox.snapshot()
        assert not judge(world.shop, snapshot)
        streak = snapshot["streak"]
        streak["tasks"].append(streak["tasks"][0])
        next(box for box in streak["boxes"] if box.get("contacts"))["contacts"] = []
        streak["comments"].pop()
        found = judge(world.shop, snapshot)
        assert (found.doubled, found.lost, found.wrong) == (1, 1, 1), found.findings
        assert not_written(world.ledger(), before(lines, run.state())) == []
        world.proxy.ledger = world.place / "other.db"
        world.target(lines[:40], "other").ends_within(60)
        assert not_written(world.ledger(), before(lines, run.state()))
