"""The supervisor: one per folder, both pipelines, signals, heartbeat."""

import asyncio
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import click

from sync_console.live import heartbeat, processes
from sync_console.live.pipeline import Pipeline
from sync_console.settings import variable

BEAT_SECONDS = 2.0
LOG_SECONDS = 60.0
LEFTOVER_SECONDS = 4.0
HEAD_START_SECONDS = 10.0


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder, at most until the process is gone. ClickException that says who else holds it."""
    with _open(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f"{file.read() or 'it has only just begun'}; this one ends"
            raise click.ClickException(f"another supervisor keeps the pipelines running: {holder}") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {heartbeat.now()}")
        file.flush()
        yield


def _open(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "live.lock").open("a+")
    except OSError as error:
        reason = f"{folder} can't be written: {error.strerror or error}; {variable('live_folder')} names it"
        raise click.ClickException(reason) from None


async def supervise(pipelines: Sequence[Pipeline], stopping: asyncio.Event, folder: Path, mark: str) -> None:
    """Keep the pipelines running until SIGTERM or SIGINT; afterwards nothing of them is left."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if left := await processes.end_all(mark, LEFTOVER_SECONDS):
        _log(f"ended {left} processes of a supervisor that was killed")
    _log(f"keeps running: {', '.join(pipeline.name for pipeline in pipelines)}")
    before = [None, *pipelines]
    running = [asyncio.create_task(_run_after(*pair)) for pair in zip(before, pipelines, strict=False)]
    beating = asyncio.create_task(_beat(pipelines, folder))
    ended = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, beating, *running}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    _log("stops")
    await asyncio.gather(*(pipeline.stop() for pipeline in pipelines), return_exceptions=True)
    beating.cancel()
    results = await asyncio.gather(*running, beating, return_exceptions=True)
    heartbeat.write(folder, _pulses(pipelines))
    _log("stopped; nothing is left running")
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _run_after(earlier: Pipeline | None, pipeline: Pipeline) -> None:
    """Give the earlier one a head start: two Meltanos at once would both make the tables of a new database."""
    if earlier is not None:
        with suppress(TimeoutError):
            await asyncio.wait_for(earlier.started.wait(), HEAD_START_SECONDS)
    await pipeline.keep_running()


async def _beat(pipelines: Sequence[Pipeline], folder: Path) -> None:
    logged = time.monotonic()
    while True:
        pulses = _pulses(pipelines)
        heartbeat.write(folder, pulses)
        if time.monotonic() - logged > LOG_SECONDS:
            logged = time.monotonic()
            _log("; ".join(f"{name} {pulse}" for name, pulse in pulses.items()))
        await asyncio.sleep(BEAT_SECONDS)


def _pulses(pipelines: Sequence[Pipeline]) -> dict[str, heartbeat.Pulse]:
    return {pipeline.name: pipeline.pulse for pipeline in pipelines}


def _log(text: str) -> None:
    click.echo(f"[live] {heartbeat.now()} {text}", err=True)
