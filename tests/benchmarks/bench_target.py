"""The target's pace for longer than the tests have time for, and what the ledger's commits cost."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pace
from pace import SCHEMA, box
from piping import BIN, HERE

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

LANES = 8
LATENCY = 0.15
STUCK_SECONDS = 20
LIMIT = 10


@dataclass(frozen=True, slots=True)
class Stuck:
    """One stuck record among others: seconds until the others were written, until it was, and to the first STATE."""

    others: int
    others_done: float
    stuck_done: float
    first_state: float


@dataclass(frozen=True, slots=True)
class Rate:
    """How the allowed rate was used: shares, and the most requests in any second."""

    seconds: float
    used: float
    refused: float
    most: int


def throughput(crm: Sandbox, folder: Path, records: int = 480) -> float:
    """Return records per second with LANES lanes and LATENCY seconds of latency."""
    crm.reset()
    crm.limits(latency_ms=LATENCY * 1000)
    return pace.rate(pace.write(crm, folder, [SCHEMA, *map(box, range(records))], concurrency=LANES).creates)


def stuck(crm: Sandbox, folder: Path, others: int = 500) -> Stuck:
    """Keep one record for STUCK_SECONDS while others are written."""
    crm.reset()
    run, path = pace.stick(crm, folder, STUCK_SECONDS, others)
    first = next(one for one in run.requests if one.path.endswith(path))
    states = [at for at, value in run.states if value != {"done": -1}]
    return Stuck(
        len(run.creates),
        max(one.answered for one in run.creates) - first.came,
        first.answered - first.came,
        min(states) - first.came,
    )


def rate(crm: Sandbox, folder: Path, seconds: int = 60) -> Rate:
    """Write boxes for some `seconds` at LIMIT requests per second, which the sandbox enforces."""
    crm.reset()
    crm.limits(streak={"rps": LIMIT}, latency_ms=LATENCY * 1000)
    records = [SCHEMA, *map(box, range(LIMIT * (seconds + 2)))]
    asked = pace.write(crm, folder, records, concurrency=LANES, requests_per_second=LIMIT).creates
    return Rate(
        asked[-1].came - asked[0].came,
        pace.share_used(asked, LIMIT),
        pace.share_refused(asked),
        pace.most_in_a_second(asked),
    )


def written(crm: Sandbox, folder: Path, *, durable: bool, records: int = 3000) -> float:
    """Return records written per second to the sandbox without latency, with or without waiting for the disk."""
    crm.reset()
    program = [str(BIN / "target-streak")] if durable else [sys.executable, str(HERE / "hasty_target.py")]
    lines = [SCHEMA, *map(box, range(records))]
    run = pace.write(crm, folder, lines, program=program, concurrency=LANES, requests_per_second=1_000_000)
    return pace.rate(run.creates)
