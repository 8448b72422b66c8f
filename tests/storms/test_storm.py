"""A short storm over a whole installation: both sides agree in the end, whatever was killed and went astray."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from storm import Storm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert min(report.happened, sum(report.kills.values()), report.webhooks["dropped"]) > 0
