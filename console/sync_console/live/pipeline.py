"""One live pipeline: started, watched, started again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from sync_console.live import heartbeat, processes
from sync_console.live.backoff import BackOff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOK_SECONDS = 1.0
SETTLED_SECONDS = 20.0
LAME_SECONDS = 6.0  # so long a pipeline may be short of a process before it is ended: Meltano usually does it at once
START_SECONDS = 45.0  # Meltano starts its processes one after the other, on a busy machine slowly
ORPHAN_SECONDS = 4.0
DRAIN_SECONDS = 7.0
LONGEST_LINE = 1 << 20
STATE_SAVED = b"Incremental state has been updated"


@dataclass(frozen=True, slots=True)
class Route:
    """What is run."""

    name: str
    tap: str
    mapper: str
    target: str

    @property
    def plugins(self) -> tuple[str, str, str]:
        """In the order of `meltano run`."""
        return (self.tap, self.mapper, self.target)


@dataclass(slots=True)
class Pipeline:
    """Keeps one `meltano run` going until it is told to stop."""

    route: Route
    command: Sequence[str]
    environment: Mapping[str, str]
    mark: str
    stopping: asyncio.Event
    up: bool = False
    changed: str = field(default_factory=heartbeat.now)
    restarts: int = 0
    last_exit: int | None = None
    last_state: str | None = None
    back_off: BackOff = field(default_factory=BackOff)
    no_longer_starts: asyncio.Event = field(default_factory=asyncio.Event)
    _got_on: bool = False
    _process: asyncio.subprocess.Process | None = None

    def pulse(self) -> heartbeat.Pulse:
        """How it is."""
        return heartbeat.Pulse(self.up, self.changed, self.restarts, self.last_exit, self.last_state)

    def say(self, text: str) -> None:
        """Log one line."""
        click.echo(f"[{self.route.name}] {text}", err=True)

    async def keep_running(self) -> None:
        """Run it, again and again."""
        while not self.stopping.is_set():
            began = time.monotonic()
            await self._run()
            self._turn(up=False)
            if self.stopping.is_set():
                return
            self.restarts += 1
            pause = self.back_off.next(got_on=self._got_on)
            lasted = time.monotonic() - began
            self.say(f"ended with exit code {self.last_exit} after {lasted:.0f} s; starts again in {pause:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)

    async def stop(self) -> None:
        """End the tap, so that the others write and acknowledge what they have; then whatever is left."""
        self.no_longer_starts.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        taps = processes.running(processes.plugins(process.pid), self.route.tap)
        processes.send(taps, signal.SIGTERM)
        if self.up and taps:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), DRAIN_SECONDS)
        await processes.end_all(self.mark, ORPHAN_SECONDS)

    async def _run(self) -> None:
        self._got_on = False
        self._process = process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self.environment, processes.MARK: self.mark},
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends the pipeline in order
            preexec_fn=processes.ending_with_parent(),  # safe: the supervisor has one thread
        )
        tell, watch = asyncio.create_task(self._tell(process)), asyncio.create_task(self._watch(process))
        try:
            if self.stopping.is_set():  # meanwhile
                await self._end_rest()
            self.last_exit = await process.wait()
        finally:
            watch.cancel()
            await self._end_rest()
            await asyncio.wait({tell}, timeout=LOOK_SECONDS)
            tell.cancel()

    async def _end_rest(self) -> None:
        if left := await processes.end_all(self.mark, ORPHAN_SECONDS):
            self.say(f"ended {left} that it left behind")

    async def _tell(self, process: asyncio.subprocess.Process) -> None:
        """Pass on its log, and notice when STATE is saved."""
        assert process.stdout is not None  # noqa: S101 - asked for with PIPE
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line beyond all measure
                continue
            if not line:
                return
            if STATE_SAVED in line:
                self.last_state, self._got_on = heartbeat.now(), True
                continue  # up to one a second: the heartbeat tells it
            self.say(line.decode(errors="replace").rstrip())

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Notice when all its plugins run, and end it when it is short of one and does not end by itself."""
        whole = time.monotonic()
        began: float | None = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if len(processes.plugins(process.pid)) >= len(self.route.plugins):
                whole, began = now, began or now
                self._turn(up=True)
                self._got_on = self._got_on or now - began > SETTLED_SECONDS
            elif now - whole > (LAME_SECONDS if began else START_SECONDS):
                self.say("is short of a process and does not end: ended")
                await processes.end_all(self.mark, ORPHAN_SECONDS)

    def _turn(self, *, up: bool) -> None:
        if up:
            self.no_longer_starts.set()
        if self.up != up:
            self.up, self.changed = up, heartbeat.now()
            self.say("is up" if up else "is down")
