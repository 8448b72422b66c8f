"""Processes of an installation killed at random, what a service manager does then, and how long it takes."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil
from sync_console.live.processes import plugins, running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from random import Random

    from live_site import LiveSite
    from schedule import Schedule

LIVE = ("tap-clarity-events", "tap-streak-events", "mapper-crosswalk", "target-streak", "target-clarity")
VICTIMS = ("receiver", "supervisor", "meltano", *LIVE, "scheduled run", "scheduled plugin")
RESTART_SECONDS = 2.0  # RestartSec of the units that we ship
PAUSE_SECONDS = 3.0
HASTE = 0.25  # so often nobody waits until the last blow has healed
GENTLE = 0.15  # so often a service is stopped as its manager does it


@dataclass
class Wound:
    """What was struck, when, and which processes must be gone before it counts as healed."""

    kind: str
    at: float
    gone: set[int]


@dataclass
class Killer:
    """Strikes, restarts what a service manager would, measures."""

    site: LiveSite
    schedule: Schedule
    chance: Random
    receiver: subprocess.Popen[bytes]
    supervisor: subprocess.Popen[bytes]
    say: Callable[[str], None]
    done: Counter[str] = field(default_factory=Counter)
    healed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    open: Wound | None = None
    _down_since: dict[str, float] = field(default_factory=dict)
    _due: float = 0.0
    _victims: list[str] = field(default_factory=list)

    def look(self, *, peace: bool = False) -> None:
        """Restart what has ended, see what has healed, strike when it is time unless there is `peace`."""
        self._manage_services()
        if self.open and self.is_whole():
            took = time.monotonic() - self.open.at
            self.healed[self.open.kind].append(took)
            self.say(f"{self.open.kind}: whole again after {took:.1f} s")
            self.open = None
            self._due = time.monotonic() + self.chance.expovariate(1 / PAUSE_SECONDS)
        if not peace and time.monotonic() > self._due:
            if self.open is None or self.chance.random() < HASTE:
                self.strike(self._next_victim())
            self._due = time.monotonic() + self.chance.expovariate(1 / PAUSE_SECONDS)

    def is_whole(self) -> bool:
        """Whether receiver, supervisor and both live pipelines are at work, and none of those that were struck."""
        gone = self.open.gone if self.open else set()
        ours = {one.pid for one in self.site.processes()} | {self.receiver.pid, self.supervisor.pid}
        services = (self.receiver.poll(), self.supervisor.poll()) == (None, None)
        return services and not self._down_since and not gone & ours and self._is_up()

    def _next_victim(self) -> str:
        """Everything once in any order, and again."""
        if not self._victims:
            self._victims = self.chance.sample(VICTIMS, len(VICTIMS))
        return self._victims.pop()

    def strike(self, victim: str) -> None:
        """Kill it; what is not there is spared."""
        number = signal.SIGTERM if self.chance.random() < GENTLE else signal.SIGKILL
        struck = self._service(victim, number) or self._scheduled(victim) or self._part(victim)
        if not struck:
            return
        gentle = number == signal.SIGTERM and victim in {"receiver", "supervisor"}
        kind = f"{victim} stopped" if gentle else f"{victim} killed"
        self.done[kind] += 1
        self.say(f"{datetime.now(UTC):%H:%M:%S} {kind} ({', '.join(map(str, struck))})")
        if not victim.startswith("scheduled"):
            self.open = Wound(kind, time.monotonic(), struck)

    def _service(self, victim: str, number: signal.Signals) -> set[int]:
        process = {"receiver": self.receiver, "supervisor": self.supervisor}.get(victim)
        if process is None or process.poll() is not None:
            return set()
        parts = {one.pid for one in self.site.processes()} if victim == "supervisor" else set()
        process.send_signal(number)
        return {process.pid} | parts

    def _scheduled(self, victim: str) -> set[int]:
        run = self.schedule.run
        if not victim.startswith("scheduled") or run is None or run.poll() is not None:
            return set()
        parts = plugins(run.pid)
        if victim == "scheduled run":
            os.killpg(run.pid, signal.SIGKILL)
            return {run.pid}
        return _kill(self.chance.choice(parts)) if parts else set()

    def _part(self, victim: str) -> set[int]:
        ours = self.site.processes()
        found = [one for one in ours if _is_meltano(one)] if victim == "meltano" else running(ours, victim)
        return _kill(self.chance.choice(found)) if found else set()

    def _is_up(self) -> bool:
        try:
            return self.site.up()
        except psutil.Error:  # a process that ended meanwhile
            return False

    def _manage_services(self) -> None:
        """Start again what has ended, after a while as systemd does."""
        now = time.monotonic()
        for name, process in (("receive", self.receiver), ("live", self.supervisor)):
            if process.poll() is None:
                continue
            if now - self._down_since.setdefault(name, now) >= RESTART_SECONDS:
                del self._down_since[name]
                self._start(name)

    def _start(self, name: str) -> None:
        if name == "receive":
            self.receiver = self.site.receive()
        else:
            self.supervisor = self.site.start("live")


def _is_meltano(process: psutil.Process) -> bool:
    try:
        return "--force" in process.cmdline()
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> set[int]:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return set()
    return {process.pid}
