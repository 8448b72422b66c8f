"""One live pipeline: a `meltano run` that is started, watched, and started again."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import click

from sync_console.live import processes
from sync_console.live.heartbeat import Pulse, now

WATCH_SECONDS = 1.0
STABLE_SECONDS = 20.0  # a pipeline that was up for so long has worked
INCOMPLETE_SECONDS = 6.0  # so long a plugin may be gone before the run is ended: Meltano usually does it at once
START_SECONDS = 45.0  # Meltano starts its processes one after the other, on a busy machine slowly
ORPHAN_SECONDS = 4.0
DRAIN_SECONDS = 7.0
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 60.0
MAX_LINE_BYTES = 1 << 20
STATE_SAVED = b"Incremental state has been updated"


@dataclass(slots=True)
class Pipeline:
    """Keeps one `meltano run` going until `stopping` is set."""

    name: str
    plugins: tuple[str, str, str]
    """Tap, mapper and target, as `meltano run` is given them."""
    command: Sequence[str]
    environment: Mapping[str, str]
    mark: str
    stopping: asyncio.Event
    pulse: Pulse = field(default_factory=Pulse)
    failures: int = 0
    """Runs in a row that ended before they had worked."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is up for the first time, or will never be."""
    _worked: bool = False
    _process: asyncio.subprocess.Process | None = None

    def log(self, text: str) -> None:
        """Log one line behind its name."""
        click.echo(f"[{self.name}] {text}", err=True)

    async def keep_running(self) -> None:
        """Run it, again and again."""
        while not self.stopping.is_set():
            began = time.monotonic()
            await self._run()
            self._set_up(up=False)
            if self.stopping.is_set():
                return
            self.pulse.restarts += 1
            self.failures = 0 if self._worked else self.failures + 1
            code, lasted, pause = self.pulse.last_exit, time.monotonic() - began, pause_after(self.failures)
            self.log(f"ended with exit code {code} after {lasted:.0f} s; starts again in {pause:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)

    async def stop(self) -> None:
        """End the tap, so that the others write and acknowledge what they have; then whatever is left."""
        self.started.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        taps = processes.running(processes.plugins(process.pid), self.plugins[0])
        processes.send(taps, signal.SIGTERM)
        if self.pulse.up and taps:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), DRAIN_SECONDS)
        await processes.end_all(self.mark, ORPHAN_SECONDS)

    async def _run(self) -> None:
        self._worked = False
        self._process = process = await asyncio.create_subprocess_exec(
            *self.command,
            *self.plugins,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self.environment, processes.MARK: self.mark},
            limit=MAX_LINE_BYTES,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends the pipeline in order
            preexec_fn=processes.ending_with_parent(),  # safe: the supervisor has one thread
        )
        log_task, watch_task = asyncio.create_task(self._pass_log(process)), asyncio.create_task(self._watch(process))
        try:
            if self.stopping.is_set():  # since it was started
                await self._end_rest()
            self.pulse.last_exit = await process.wait()
        finally:
            watch_task.cancel()
            await self._end_rest()
            await asyncio.wait({log_task}, timeout=WATCH_SECONDS)
            log_task.cancel()

    async def _end_rest(self) -> None:
        if left := await processes.end_all(self.mark, ORPHAN_SECONDS):
            self.log(f"ended {left} that it left behind")

    async def _pass_log(self, process: asyncio.subprocess.Process) -> None:
        """Pass on its log, and notice when STATE is saved."""
        assert process.stdout is not None  # noqa: S101 - asked for with PIPE
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # above MAX_LINE_BYTES
                continue
            if not line:
                return
            if STATE_SAVED in line:
                self.pulse.last_state, self._worked = now(), True
                continue  # up to one a second: the heartbeat has it
            self.log(line.decode(errors="replace").rstrip())

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Notice when all its plugins run, and end it when one is gone and it does not end by itself."""
        complete = time.monotonic()
        up_since: float | None = None
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            seconds = time.monotonic()
            if len(processes.plugins(process.pid)) >= len(self.plugins):
                complete, up_since = seconds, up_since or seconds
                self._set_up(up=True)
                self._worked = self._worked or seconds - up_since > STABLE_SECONDS
            elif seconds - complete > (INCOMPLETE_SECONDS if up_since else START_SECONDS):
                self.log("is short of a process and does not end: ended")
                await processes.end_all(self.mark, ORPHAN_SECONDS)

    def _set_up(self, *, up: bool) -> None:
        if up:
            self.started.set()
        if self.pulse.turn(up=up):
            self.log("is up" if up else "is down")


def pause_after(failures: int) -> float:
    """Seconds until the next start: half a second, doubled with each failure up to a minute; up to half less."""
    longest = min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 16))
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
