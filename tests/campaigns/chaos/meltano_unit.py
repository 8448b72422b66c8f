"""Whole `meltano run`s: all their processes killed at once, or any one of them alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from running import BIN, ROOT, clean_environment, system_folder
from trap import STREAK, Trap
from verdict import Verdict
from world import EFFECTS_SINCE, LAG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign import Report
    from world import World

VICTIMS = ("group", "target-streak", "meltano", "group", "mapper-crosswalk", "tap-clarity", "term", "int")
KILLS_A_ROUND = 4
END_SECONDS = 90
MARK = "CHAOS_WORLD"
COMMAND = ("run", "--force", "tap-clarity", "mapper", "target-streak")


def shake_meltano(world: World, blows: Sequence[int], report: Report) -> None:
    """Kill once for each blow, some in each round of the shop's changes; every round ends with an undisturbed run."""
    left, number = len(blows), world.offset
    while left:
        world.change()
        written = world.proxy.writes
        for _ in range(KILLS_A_ROUND):
            victim = VICTIMS[number % len(VICTIMS)]
            point = _struck(world, victim, report)
            if not point:
                break
            report.blow("meltano kill", f"meltano run, {victim} {point}")
            left, number = left - 1, number + 1
            if not left:
                break
        report.add(_undisturbed(world))
        report.add(world.judge(), world.proxy.writes - written)


def _struck(world: World, victim: str, report: Report) -> str:
    """Kill at a write, or after some seconds; gives nothing when the run ended before."""
    chance, run = world.chance, _start(world)
    trap = Trap(STREAK, "any write", chance.choice(("after", "before answer")), chance.randint(1, 25))
    if victim in {"term", "int"}:
        trap.moment = "after"
    by_request = chance.random() < 0.7 and victim != "tap-clarity"
    until = time.monotonic() + (END_SECONDS if by_request else chance.uniform(0.3, 6))
    if by_request:
        world.proxy.arm(trap, lambda: _strike(world, run, victim))
    while not world.proxy.sprung.is_set() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    struck = world.proxy.sprung.is_set() or (run.poll() is None and not by_request)
    world.proxy.arm(None)
    if struck and not by_request:
        _strike(world, run, victim)
    if victim != "meltano" or not struck or chance.random() < 0.5:  # else the next run meets what it left running
        report.add(_ended(world, run, victim))
    return ("at a write" if by_request else "at any time") if struck else ""


def _start(world: World) -> subprocess.Popen[bytes]:
    world.proxy.arm(None)
    environment = clean_environment() | {
        MARK: str(world.place),
        "MELTANO_SYS_DIR_ROOT": str(system_folder(world.place)),
        "MELTANO_DATABASE_URI": f"sqlite:///{world.place / 'meltano.db'}",
        "TAP_CLARITY_API_URL": world.sandbox.clarity_url,
        "TARGET_STREAK_API_URL": f"{world.proxy.origin}/api",
        "TARGET_STREAK_LEDGER_URL": f"sqlite:///{world.proxy.ledger}",
        "TARGET_STREAK_REQUESTS_PER_SECOND": "1000",
        "TARGET_STREAK_EFFECTS_SINCE": EFFECTS_SINCE,
        "TARGET_STREAK_SEARCH_LAG_SECONDS": str(LAG_SECONDS),
        "TARGET_STREAK_STATE_INTERVAL": "0",
    }
    with (world.place / "meltano.log").open("ab") as log:
        return subprocess.Popen(
            [BIN / "meltano", *COMMAND],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _strike(world: World, run: subprocess.Popen[bytes], victim: str) -> None:
    with suppress(ProcessLookupError):
        if victim == "meltano":
            run.kill()
        elif victim in {"term", "int"}:
            # systemd ends the main process, a terminal's Ctrl-C reaches all
            run.terminate() if victim == "term" else os.killpg(run.pid, signal.SIGINT)
        else:
            alone = [pid for pid, command in _alive(world) if victim in command]
            for pid in alone:
                os.kill(pid, signal.SIGKILL)
            if not alone:
                os.killpg(run.pid, signal.SIGKILL)


def _ended(world: World, run: subprocess.Popen[bytes], victim: str) -> Verdict:
    """Wait until every process of the run has ended; what does not is an orphan."""
    verdict, until = Verdict(), time.monotonic() + END_SECONDS
    while run.poll() is None or _alive(world):
        if time.monotonic() > until:
            alive = _alive(world)
            verdict.orphans += len(alive)
            verdict.findings += [f"after {victim}: {command} still runs" for _, command in alive]
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    run.wait()
    return verdict


def _undisturbed(world: World) -> Verdict:
    run = _start(world)
    verdict = _ended(world, run, "nothing")
    if run.returncode:
        verdict.wrong += 1
        verdict.findings.append(f"an undisturbed run failed, see {world.place / 'meltano.log'}")
    with closing(sqlite3.connect(world.place / "meltano.db")) as database:
        kept = database.execute("SELECT completed_state FROM state").fetchone()
    world.state = json.loads(kept[0]).get("singer_state") if kept else None
    return verdict


def _alive(world: World) -> list[tuple[int, str]]:
    """Find the living processes of this world's runs: number and command line."""
    mark = f"{MARK}={world.place}".encode()
    processes = map(_command, Path("/proc").glob("[0-9]*"))
    return [(pid, command) for pid, command in processes if command and _is(pid, mark)]


def _is(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _command(process: Path) -> tuple[int, Any]:
    try:
        return int(process.name), (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return int(process.name), ""
