"""The pauses before a pipeline is started again."""

from __future__ import annotations

import pytest
from sync_console.live.pipeline import pause_after


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_pauses_double_up_to_a_minute(failures: int, longest: float) -> None:
    for _ in range(20):
        assert longest / 2 <= pause_after(failures) <= longest
