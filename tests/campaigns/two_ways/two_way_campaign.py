"""Both ways at once, world by world: every seed is a story of people and runs, and at its end every promise holds.

`make chaos-two-ways N=2000 SEED=1` lives the worlds 1 to 2000 on two processes. A world's seed draws its people, their
edits and the runs; which record a kill or a fault meets depends on the moment. `--replay SEED` tells one world's story.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.testing import Sandbox, read_ports
from tally import Tally
from two_way_world import World
from ways import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY = 20
MEMORY = Path("/dev/shm")  # noqa: S108  # a kill takes nothing from a disk's cache either, and waits for disks are long
SHOWN = 50
_ours: dict[str, Sandbox] = {}


def live(seed: int, sandbox: Sandbox, steps: int | None = None) -> tuple[Tally, list[str]]:
    """Live one world, for as long as its seed says where `steps` does not; gives what came of it and its story."""
    with tempfile.TemporaryDirectory(prefix="two-ways-", dir=MEMORY if MEMORY.is_dir() else None) as folder, quiet():
        world = World(seed, sandbox, Path(folder))
        try:
            world.live(steps)
        except Exception:  # noqa: BLE001  # it belongs to the report, and other worlds go on
            world.breaks(traceback.format_exc())
    world.tally.broken = [f"world {seed}: {promise}" for promise in world.tally.broken]
    world.tally.lost = [f"world {seed}: {word}" for word in world.tally.lost]
    return world.tally, world.log


def told(tally: Tally, story: list[str]) -> str:
    """Tell what is wrong with a world, and how it came to that."""
    return "".join(f"{line}\n" for line in (*tally.wrong, *(f"    {line}" for line in story)))


@contextmanager
def sandboxes(count: int) -> Iterator[list[dict[str, Any]]]:
    """Start so many sandboxes; gives their ports."""
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(count)
        ]
        for process in started:
            stack.callback(process.terminate)
        yield [read_ports(process) for process in started]


def _begin(ports: Any) -> None:
    os.environ["NO_PROXY"] = "127.0.0.1"  # a tenth of the time goes into looking for proxies
    _ours["sandbox"] = Sandbox(**ports.get())


def _live(seed: int) -> tuple[Tally, list[str]]:
    return live(seed, _ours["sandbox"])


def campaign(first: int, count: int, workers: int) -> Tally:
    """Live `count` worlds from seed `first` on, and say on stderr how far it is."""
    total, began = Tally(), time.monotonic()
    context = multiprocessing.get_context("spawn")
    with sandboxes(workers) as places, context.Manager() as manager:
        ports = manager.Queue()
        for place in places:
            ports.put(place)
        with ProcessPoolExecutor(workers, context, _begin, (ports,)) as pool:
            for tally, story in pool.map(_live, range(first, first + count)):
                total.add(tally)
                if tally.wrong:
                    sys.stderr.write(told(tally, story))
                if total.worlds % EVERY == 0:
                    pace = total.worlds / (time.monotonic() - began)
                    sys.stderr.write(f"{(count - total.worlds) / pace / 60:.0f} min left: {total}\n")
    return total


def replay(seed: int) -> Tally:
    """Live one world and tell its story."""
    with sandboxes(1) as (place,):
        tally, story = live(seed, Sandbox(**place))
    sys.stdout.write("".join(f"{line}\n" for line in story))
    return tally


def main() -> int:
    """Run it; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first world")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--replay", type=int, help="only this world, with its story")
    given = parser.parse_args()
    sys.stderr.write(f"seed {given.seed if given.replay is None else given.replay}\n")
    total = campaign(given.seed, given.worlds, given.workers) if given.replay is None else replay(given.replay)
    sys.stdout.write(f"{total}\n" + "".join(f"  {promise}\n" for promise in total.wrong[:SHOWN]))
    return 0 if total.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
