"""Both directions at once: nothing loops, nothing that a person said is lost, nothing that was deleted comes back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from two_way_campaign import live

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

SEED = int(os.environ.get("SEED", "1"))
WORLDS = 50
PARTS = 5
STEPS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_people_and_pipelines_get_along(sandbox: Sandbox, part: int) -> None:
    for seed in range(SEED + part, SEED + WORLDS, PARTS):
        tally, story = live(seed, sandbox, STEPS)
        assert tally.is_good, "\n".join([f"world {seed}", *story])
