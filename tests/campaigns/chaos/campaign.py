"""The kill campaign: programs are killed at every point, started again, and one side must mirror the other in the end.

`make chaos N=500 SEED=1` runs it with one kill of twenty at a whole `meltano run`, a signal for every five kills, and
as many kills of target-clarity besides as N has thirds.
The same seed draws the same shops, points and signals; which request a point meets depends on how the lanes run.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

from meltano_unit import shake_meltano
from target_unit import shake_target
from verdict import Verdict
from way_back import WayBack
from way_there import WayThere

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from world import World

UNIT = 45
MELTANO_UNIT = 13
TERMS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Report:
    """What was done so far, and what is not as it must be; shared by all workers."""

    wanted: int
    seed: int
    events: int = 0
    done: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    progress: bool = True
    _lock: Lock = field(default_factory=Lock)
    _began: float = field(default_factory=time.monotonic)

    def blow(self, kind: str, point: str) -> None:
        """Count a kill or a signal, and say how far it is."""
        with self._lock:
            self.done[kind] += 1
            self.points[point.partition(" #")[0]] += 1
            count = self.done.total()
            minutes = (time.monotonic() - self._began) / 60
        if self.progress and count % 10 == 0:
            left = (self.wanted - count) * minutes / count
            said = f"{count} of {self.wanted} kills and signals, {count / minutes:.1f} a minute, {left:.0f} min left"
            sys.stderr.write(f"{said}, lost {self.verdict.lost}, doubled {self.verdict.doubled}\n")

    def add(self, verdict: Verdict, events: int = 0) -> None:
        """Take over what a look has found."""
        with self._lock:
            self.verdict.add(verdict)
            self.events += events

    def __str__(self) -> str:
        kills = sum(count for kind, count in self.done.items() if "kill" in kind)
        found = self.verdict
        return (
            f"kills {kills} ({self.done['meltano kill']} of meltano runs), signals {self.done.total() - kills}, "
            f"events {self.events}, lost {found.lost}, doubled {found.doubled}, "
            f"order violations {found.disordered}, wrong values {found.wrong}, STATE ahead {found.ahead}, "
            f"orphans {found.orphans}; seed {self.seed}"
        )


def campaign(
    folder: Path,
    *,
    kills: int,
    meltano: int = 0,
    back: int = 0,
    signals: int = 0,
    seed: int,
    workers: int = 2,
    progress: bool = False,
) -> Report:
    """Kill target-streak `kills - meltano` times, meltano runs `meltano` times, target-clarity `back` times.

    `signals` are SIGTERMs and SIGINTs; every seventh kill of target-clarity is one, too.
    """
    report = Report(kills + back + signals, seed, progress=progress)
    plain = _blows(kills - meltano, signals)
    Random(f"{seed}:blows").shuffle(plain)  # noqa: S311  # repeatable, not secret
    returning = [int(TERMS[number % 2] if number % 7 == 3 else signal.SIGKILL) for number in range(back)]
    units: list[tuple[type[World], Callable[[Any, Sequence[int], Report], None], Sequence[int]]] = [
        *((WayThere, shake_meltano, part) for part in _parts(list(range(meltano)), MELTANO_UNIT)),
        *((WayThere, shake_target, part) for part in _parts(plain, _share(plain, workers))),
        *((WayBack, shake_target, part) for part in _parts(returning, _share(returning, workers))),
    ]

    def run(number: int) -> None:
        way, shake, blows = units[number]
        with way(folder / f"unit-{number}", Random(f"{seed}:{number}")) as world:  # noqa: S311  # as above
            shake(world, blows, report)

    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(run, number) for number in range(len(units))]:
            done.result()
    return report


def _share(blows: list[int], workers: int) -> int:
    return min(UNIT, -(-len(blows) // workers) or 1)


def _blows(kills: int, signals: int) -> list[int]:
    return [int(signal.SIGKILL)] * kills + [int(TERMS[number % 2]) for number in range(signals)]


def _parts(blows: list[int], size: int) -> list[list[int]]:
    return [blows[start : start + size] for start in range(0, len(blows), size)]


def main() -> int:
    """Run the long campaign; returns 1 when anything is lost, doubled, out of order or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="how often a program is killed")
    parser.add_argument("--meltano", type=int, help="how many of these hit a meltano run (default: one in 20)")
    parser.add_argument("--back", type=int, help="kills of target-clarity besides (default: one for 3 kills)")
    parser.add_argument("--signals", type=int, help="SIGTERMs and SIGINTs besides (default: one for 5 kills)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    meltano = given.kills // 20 if given.meltano is None else given.meltano
    signals = given.kills // 5 if given.signals is None else given.signals
    back = given.kills // 3 if given.back is None else given.back
    sys.stderr.write(f"seed {given.seed}, logs in {folder}\n")
    report = campaign(
        folder,
        kills=given.kills,
        meltano=meltano,
        back=back,
        signals=signals,
        seed=given.seed,
        workers=given.workers,
        progress=True,
    )
    for point, count in sorted(report.points.items()):
        sys.stderr.write(f"{count:6} {point}\n")
    sys.stdout.write(f"{report}\n")
    if report.verdict:
        sys.stdout.write("".join(f"  {finding}\n" for finding in report.verdict.findings[:50]))
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
