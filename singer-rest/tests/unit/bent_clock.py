"""A wall clock that jumps, beside a monotonic one that does not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


class BentClock:
    """What `time` shows to the process from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady = time.time(), time.monotonic()
        monkeypatch.setattr(time, "time", lambda: self.wall)
        monkeypatch.setattr(time, "time_ns", lambda: int(self.wall * 1e9))
        monkeypatch.setattr(time, "monotonic", lambda: self.steady)

    def advance(self, seconds: float) -> None:
        """Time passes, and both clocks know it."""
        self.wall += seconds
        self.steady += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += seconds
