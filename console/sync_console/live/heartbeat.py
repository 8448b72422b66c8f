"""The heartbeat of the supervisor: a file that says how the pipelines are."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

STALE_SECONDS = 30
FILE = "live.json"


def now() -> str:
    """The current instant as the file writes it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def age(instant: str) -> float:
    """Seconds since an instant of the file."""
    return (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()


def boot() -> str:
    """Which start of the machine this is; empty where it does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


class Pulse(msgspec.Struct):
    """How one pipeline is, and since when."""

    up: bool = False
    since: str = msgspec.field(default_factory=now)
    restarts: int = 0
    last_exit: int | None = None
    last_state: str | None = None

    def turn(self, *, up: bool) -> bool:
        """Note whether it is up; True when that is news."""
        changed = self.up != up
        if changed:
            self.up, self.since = up, now()
        return changed

    @property
    def just_restarted(self) -> bool:
        """Whether it failed, has just started again and not saved a STATE since: perhaps it fails again."""
        young = age(self.since) < STALE_SECONDS
        return self.up and bool(self.last_exit) and young and (self.last_state or "") < self.since

    def __str__(self) -> str:
        words = [f"{'up' if self.up else 'DOWN'} since {self.since}", f"{self.restarts} restarts"]
        if self.last_exit is not None:
            words.append(f"last exit code {self.last_exit}")
        return ", ".join([*words, f"last STATE {self.last_state or 'none yet'}"])


class Heartbeat(msgspec.Struct):
    """Content of the file. `boot` and `ticks`: seconds since which start of the machine, which no clock moves."""

    pid: int
    at: str
    pipelines: dict[str, Pulse]
    boot: str = ""
    ticks: float = 0.0

    def age(self) -> float:
        """Seconds since it was written; by the clock where the machine can't tell."""
        return time.monotonic() - self.ticks if self.boot and self.boot == boot() else abs(age(self.at))


def write(folder: Path, pulses: Mapping[str, Pulse]) -> None:
    """Replace the file as a whole."""
    content = msgspec.json.encode(Heartbeat(os.getpid(), now(), dict(pulses), boot(), time.monotonic()))
    new = folder / f"{FILE}.new"
    new.write_bytes(msgspec.json.format(content) + b"\n")
    new.replace(folder / FILE)


def judge(folder: Path) -> tuple[dict[str, Pulse], list[str]]:
    """How the pipelines were at the last heartbeat, and what is wrong."""
    try:
        beat = msgspec.json.decode((folder / FILE).read_bytes(), type=Heartbeat)
    except FileNotFoundError:
        return {}, [f"there is no heartbeat in {folder}: start sync-console live"]
    problems = []
    if (seconds := beat.age()) > STALE_SECONDS:
        problems.append(f"the last heartbeat is {seconds:.0f} s old: the supervisor is gone or stuck")
    problems += [f"{name} is down" for name, pulse in beat.pipelines.items() if not pulse.up]
    restarted = [name for name, pulse in beat.pipelines.items() if pulse.just_restarted]
    return beat.pipelines, problems + [f"{name} failed and has only just started again" for name in restarted]
