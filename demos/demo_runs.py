"""The servers and the runs of the demo: whatever is started ends with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from typing import TYPE_CHECKING, Any, TextIO

from running import BIN, NO_ENV_FILE, ROOT, clean_environment
from sandbox.testing import Sandbox, read_ports
from sync_console.live.processes import ending_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ROOT / ".work" / "demo"
THERE = ("tap-clarity", "mapper", "target-streak")
BACK = ("tap-streak", "mapper", "target-clarity")
LETTERS = ("--dead-letters", "list", "--stream", "orders")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run counted, and the seconds it took."""

    summary: dict[str, Any]
    seconds: float

    @property
    def written(self) -> int:
        """How many records were created or updated."""
        return sum(
            counts.get(name, 0) for counts in self.summary["streams"].values() for name in ("created", "updated")
        )


def fresh(folder: Path) -> TextIO:
    """Empty the folder, which is ours alone until the file is closed; when it can't be, end in one line."""
    try:
        folder.parent.mkdir(exist_ok=True)
        lock = folder.with_suffix(".lock").open("w")
        flock(lock, LOCK_EX | LOCK_NB)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
    except BlockingIOError:
        sys.exit(f"Another demo is running in {folder.relative_to(ROOT)}: wait for its end, or stop it.")
    except OSError as error:
        sys.exit(f"The demo needs {folder.relative_to(ROOT)} to itself: {error.strerror}: {error.filename}")
    return lock


@contextmanager
def sandbox(folder: Path, seed: str = "demo") -> Iterator[Sandbox]:
    """The sandbox, on free ports, with its log in the folder; stopped at the end, whatever happens."""
    command = [str(BIN / "sandbox"), "serve", "--seed", seed, "--clarity-port", "0", "--streak-port", "0"]
    with (
        (folder / "sandbox.log").open("w") as log,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            process_group=0,  # a Ctrl-C is for us, who end it when nobody needs it any more
            preexec_fn=ending_with_parent(),  # noqa: PLW1509 - started from the one thread that there is
        ) as server,
    ):
        try:
            running = Sandbox(**read_ports(server))
            yield running
            running.close()
        finally:
            server.terminate()
            server.wait(10)


def environment(running: Sandbox) -> dict[str, str]:
    """Settings that lead the project to the servers, with a ledger and a state of their own."""
    settings = {"LEDGER_URL": f"sqlite:///{FOLDER / 'ledger.db'}", "REQUESTS_PER_SECOND": "500"}
    return (
        clean_environment()
        | {f"TARGET_{target}_{name}": value for target in ("STREAK", "CLARITY") for name, value in settings.items()}
        | {
            "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
            "MELTANO_ENVIRONMENT": "sandbox",
            "TAP_CLARITY_API_URL": running.clarity_url,
            "TAP_STREAK_API_URL": running.streak_url,
            "TAP_STREAK_KNOWN_KEYS_FILE": str(FOLDER / "keys.db"),
            "TARGET_STREAK_API_URL": running.streak_url,
            "TARGET_STREAK_SOURCE": running.clarity_url,
            "TARGET_CLARITY_API_URL": running.clarity_url,
            "TARGET_CLARITY_SOURCE": running.streak_url,
        }
    )


def meltano(environment: dict[str, str], plugins: tuple[str, ...], log: Path) -> Ran:
    """Run it in a process group of its own, which ends with us."""
    began = time.monotonic()
    summary = log.with_suffix(".json")
    target = plugins[-1].upper().replace("-", "_")
    with (
        log.open("w") as written,
        subprocess.Popen(
            [str(BIN / "meltano"), NO_ENV_FILE, "run", *plugins],
            cwd=ROOT,
            env=environment | {f"{target}_SUMMARY_FILE": str(summary)},
            stdout=written,
            stderr=written,
            process_group=0,
        ) as run,
        log.open() as lines,
    ):
        try:
            while run.poll() is None:
                time.sleep(0.2)
                _show_progress(lines.read(), plugins[-1])
        finally:
            _end_group(run)
    if run.returncode:
        sys.exit(f"The run failed; the end of {log.relative_to(ROOT)}:\n{_tail(log)}")
    return Ran(json.loads(summary.read_text()), time.monotonic() - began)


def _show_progress(log: str, target: str) -> None:
    for line in log.splitlines():
        if " records done" in line:
            print(f"  {line.partition(target)[2].strip()}", flush=True)


def _end_group(run: subprocess.Popen[bytes]) -> None:
    """End a run that is still under way, and all that it started."""
    if run.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(run.pid, number)
            run.wait(2)


def letters(environment: dict[str, str]) -> list[str]:
    """The orders that were set aside, as the target lists them."""
    command = [str(BIN / "meltano"), NO_ENV_FILE, "--log-level=error", "invoke", "target-streak", *LETTERS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def _tail(path: Path) -> str:
    return "\n".join(path.read_text().splitlines()[-15:])
