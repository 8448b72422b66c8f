"""The processes of live pipelines: they end with their supervisor, and none is left behind."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

# Inherited by everything that a pipeline starts: finds those whose parent was killed, too.
MARK = "SYNC_CONSOLE_LIVE_MARK"
PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.1


def ending_with_parent() -> Callable[[], None] | None:
    """`preexec_fn` of a process that is to get SIGTERM when its parent is gone; None but on Linux."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, supervisor = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != supervisor:  # it was gone before we asked
            os._exit(1)

    return ask


def marked(mark: str) -> list[psutil.Process]:
    """Every process whose mark begins so, whoever its parent is now."""
    return [process for process in psutil.process_iter() if _mark_of(process).startswith(mark)]


def _mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "") if process.pid != os.getpid() else ""
    except (psutil.Error, OSError):  # gone, or somebody else's
        return ""


def plugins(pid: int) -> list[psutil.Process]:
    """The plugins that a `meltano run` has started and that still live."""
    try:
        return [child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def running(processes: Iterable[psutil.Process], plugin: str) -> list[psutil.Process]:
    """Those of the processes that run this plugin: Meltano hands each its files in a folder of its name."""
    folder = f"/run/{plugin}/"
    matches = []
    for process in processes:
        with suppress(psutil.Error):
            matches += [process] if any(folder in argument for argument in process.cmdline()) else []
    return matches


def send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


async def end_all(mark: str, patience: float) -> int:
    """SIGTERM to every process with the mark, SIGKILL to those left after `patience` seconds; how many there were."""
    processes = marked(mark)
    send(processes, signal.SIGTERM)
    until = time.monotonic() + patience
    while (left := marked(mark)) and time.monotonic() < until:  # noqa: ASYNC110 - nobody tells of another's child
        await asyncio.sleep(POLL_SECONDS)
    while left:
        send(left, signal.SIGKILL)
        await asyncio.sleep(POLL_SECONDS)
        left = marked(mark)
    return len(processes)
