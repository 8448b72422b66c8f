"""Who holds a lease, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Owner:
    """A process on a machine. Written as `label@machine|pid|started|unique`."""

    label: str
    machine: str
    pid: int
    started: str
    unique: str

    def __str__(self) -> str:
        return f"{self.label}@{self.machine}|{self.pid}|{self.started}|{self.unique}"


def this_process(label: str) -> Owner:
    """A new owner within this process."""
    return Owner(label, _machine(), os.getpid(), _started(os.getpid()) or "", uuid4().hex[:12])


def lives(owner: str) -> bool | None:
    """Whether the owner, a process of this machine, still runs; None when nobody can tell."""
    machine, pid, started, _unique = (owner.rpartition("@")[2].split("|") + [""] * 4)[:4]
    if not pid.isdigit() or machine != _machine():
        return None
    return _started(int(pid)) == started if started else _lives(int(pid))


@cache
def _machine() -> str:
    """Host, boot and process namespace: within these a pid means one process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot[:8]}/{space}"


def _started(pid: int) -> str | None:
    """When a process started, in the kernel's ticks; None when it ended (or waits to be buried)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
