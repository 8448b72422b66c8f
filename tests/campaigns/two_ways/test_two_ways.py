"""Both directions at once: nothing loops, nothing that a person said is lost, nothing that was deleted comes back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from kinds import DAILY, KINDS, SHARE, kinds_of
from tally import Tally
from two_way_campaign import live, told

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

SEED = int(os.environ.get("SEED", "1"))
WORLDS = 50
STEPS = 8
KEPT_KINDS = ("backups",)
FEW = 5


@pytest.mark.timeout(900)
def test_people_and_pipelines_get_along(sandbox: Sandbox) -> None:
    total = Tally()
    for seed in range(SEED, SEED + WORLDS):
        tally, story = live(seed, sandbox, STEPS)
        total.add(tally)
        if tally.wrong:
            print(told(tally, story))  # noqa: T201  # pytest shows it when the story fails
        assert not tally.broken, told(tally, story)
    assert total.is_good, "\n".join([str(total), *total.lost])
    assert total.alone >= 100, f"too few for a share of 99 %: {total}"
    assert min(total.kills, total.collisions) >= 5, total


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KEPT_KINDS)
def test_a_kind_of_worlds_keeps_its_promises(sandbox: Sandbox, kind: str) -> None:
    for seed in range(SEED, SEED + FEW):
        tally, story = live(seed, sandbox, STEPS, kind)
        assert not tally.wrong, told(tally, story)
        assert tally.edits, f"nobody did anything in {kind} world {seed}"


def test_every_seed_has_a_daily_world_and_every_kind_its_share() -> None:
    lived = [kinds_of(seed) for seed in range(SHARE)]
    assert all(kinds[0] == DAILY for kinds in lived)
    assert sorted(kind for _, *others in lived for kind in others) == sorted(set(KINDS) - {DAILY})
