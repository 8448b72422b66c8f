"""Both ways at once, world by world: every seed is a story of people and runs, and at its end every promise holds.

`make chaos-two-ways N=2000 SEED=1` lives the worlds of the seeds 1 to 2000 on two processes, with `KIND=merges` those
of one kind (kinds.py). A world's seed draws its people, their edits and the runs; which record a kill or a fault meets
depends on the moment. `--replay SEED` tells one world's story.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from kinds import DAILY, KINDS, kinds_of
from places import sandboxes
from sandbox.testing import Sandbox
from tally import Tally
from ways import quiet

EVERY = 20
MEMORY = Path("/dev/shm")  # noqa: S108  # a kill takes nothing from a disk's cache either, and waits for disks are long
SHOWN = 50
_ours: dict[str, Sandbox] = {}


def live(seed: int, sandbox: Sandbox, steps: int | None = None, kind: str = DAILY) -> tuple[Tally, list[str]]:
    """Live one world, for as long as its seed says where `steps` does not; gives what came of it and its story."""
    places = tempfile.TemporaryDirectory(prefix="two-ways-", dir=MEMORY if MEMORY.is_dir() else None)
    with places as folder, quiet(), closing(KINDS[kind](seed, sandbox, Path(folder))) as world:
        try:
            world.live(steps)
        except Exception:  # noqa: BLE001  # it belongs to the report, and other worlds go on
            world.breaks(traceback.format_exc())
    name = f"world {seed}" if kind == DAILY else f"{kind} world {seed}"
    world.tally.broken = [f"{name}: {promise}" for promise in world.tally.broken]
    world.tally.lost = [f"{name}: {word}" for word in world.tally.lost]
    return world.tally, world.log


def told(tally: Tally, story: list[str]) -> str:
    """Tell what is wrong with a world, and how it came to that."""
    return "".join(f"{line}\n" for line in (*tally.wrong, *(f"    {line}" for line in story)))


def _begin(ports: Any) -> None:
    os.environ["NO_PROXY"] = "127.0.0.1"  # a tenth of the time goes into looking for proxies
    _ours["sandbox"] = Sandbox(**ports.get())


def _live(place: tuple[int, str]) -> tuple[Tally, list[str]]:
    seed, kind = place
    return live(seed, _ours["sandbox"], kind=kind)


def campaign(first: int, count: int, workers: int, kind: str | None = None) -> Tally:
    """Live the worlds of `count` seeds from `first` on, or only those of a kind, and say on stderr how far it is."""
    total, began = Tally(), time.monotonic()
    seeds = range(first, first + count)
    worlds = [(seed, name) for seed in seeds for name in ([kind] if kind else kinds_of(seed))]
    context = multiprocessing.get_context("spawn")
    with sandboxes(workers) as places, context.Manager() as manager:
        ports = manager.Queue()
        for place in places:
            ports.put(place)
        with ProcessPoolExecutor(workers, context, _begin, (ports,)) as pool:
            for tally, story in pool.map(_live, worlds):
                total.add(tally)
                if tally.wrong:
                    sys.stderr.write(told(tally, story))
                if total.worlds % EVERY == 0:
                    pace = total.worlds / (time.monotonic() - began)
                    sys.stderr.write(f"{(len(worlds) - total.worlds) / pace / 60:.0f} min left: {total}\n")
    return total


def replay(seed: int, kind: str) -> Tally:
    """Live one world and tell its story."""
    with sandboxes(1) as (place,):
        tally, story = live(seed, Sandbox(**place), kind=kind)
    sys.stdout.write("".join(f"{line}\n" for line in story))
    return tally


def main() -> int:
    """Run it; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first world")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=KINDS, help="only worlds of this kind, one for each seed")
    parser.add_argument("--replay", type=int, help="only this world, with its story")
    given = parser.parse_args()
    sys.stderr.write(f"seed {given.seed if given.replay is None else given.replay}\n")
    if given.replay is None:
        total = campaign(given.seed, given.worlds, given.workers, given.kind)
    else:
        total = replay(given.replay, given.kind or DAILY)
    sys.stdout.write(f"{total}\n" + "".join(f"  {promise}\n" for promise in total.wrong[:SHOWN]))
    return 0 if total.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
