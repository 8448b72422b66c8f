"""The heartbeat of the supervisor: a small file that says how the pipelines are."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STALE_SECONDS = 30
FILE = "live.json"


@dataclass(frozen=True, slots=True)
class Pulse:
    """How one pipeline is."""

    up: bool
    since: str
    restarts: int
    last_exit: int | None
    last_state: str | None

    @property
    def hardly_begun(self) -> bool:
        """Whether it failed, has just started again and not saved a STATE since: perhaps it fails again."""
        young = age(self.since) < STALE_SECONDS
        return self.up and bool(self.last_exit) and young and (self.last_state or "") < self.since

    def told(self) -> str:
        """In words."""
        words = [f"{'up' if self.up else 'DOWN'} since {self.since}", f"{self.restarts} restarts"]
        if self.last_exit is not None:
            words.append(f"last exit code {self.last_exit}")
        return ", ".join([*words, f"last STATE {self.last_state or 'none yet'}"])


def now() -> str:
    """This instant as it is written in the file."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def age(instant: str) -> float:
    """How many seconds ago an instant of the file was."""
    return (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()


def write(folder: Path, pulses: Mapping[str, Pulse]) -> None:
    """Put the file in place whole."""
    beat = {"pid": os.getpid(), "at": now(), "pipelines": {name: asdict(pulse) for name, pulse in pulses.items()}}
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps(beat, indent=2) + "\n")
    new.replace(folder / FILE)


def problems(folder: Path) -> tuple[dict[str, Pulse], list[str]]:
    """How the pipelines were at the last beat, and what is wrong."""
    try:
        beat: dict[str, Any] = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return {}, [f"there is no heartbeat in {folder}: start sync-console live"]
    pulses = {name: Pulse(**pulse) for name, pulse in beat["pipelines"].items()}
    old = age(beat["at"])
    stale = [f"the last heartbeat is {old:.0f} s old: the supervisor is gone or stuck"] if old > STALE_SECONDS else []
    down = [f"{name} is down" for name, pulse in pulses.items() if not pulse.up]
    begun = [f"{name} failed and has only just started again" for name, pulse in pulses.items() if pulse.hardly_begun]
    return pulses, [*stale, *down, *begun]
