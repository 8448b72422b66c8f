"""What it costs to start a plugin: `--version`, which loads all that a run loads."""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING

from piping import BIN, HERE, run

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = {
    "stock tap": [sys.executable, str(HERE / "stock_tap.py")],
    "stock target": [sys.executable, str(HERE / "stock_target.py")],
    "tap-clarity": [str(BIN / "tap-clarity")],
    "mapper-crosswalk": [str(BIN / "mapper-crosswalk")],
    "target-streak": [str(BIN / "target-streak")],
}


def main(folder: Path, rounds: int = 5) -> dict[str, float]:
    """Return each program's CPU seconds, the median of interleaved rounds."""
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds + 1):
        for name, command in PROGRAMS.items():
            taken[name].append(run([[*command, "--version"]], folder).cpu)
    return {name: median(times[1:]) for name, times in taken.items()}
