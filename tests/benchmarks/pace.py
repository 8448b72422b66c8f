"""How fast target-streak may go and how fast it goes, read from the sandbox's request log."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from piping import BIN, environment, settings_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sandbox.testing import Sandbox

Message = dict[str, Any]
TARGET = (str(BIN / "target-streak"),)
TEXT = {"type": ["string", "null"]}
SCHEMA: Message = {
    "type": "SCHEMA",
    "stream": "boxes",
    "schema": {
        "type": "object",
        "properties": dict.fromkeys(("externalId", "name", "pipelineName", "notes"), TEXT),
    },
    "key_properties": ["externalId"],
}


def box(number: int, **values: Any) -> Message:
    """Return a box that has nothing to do with any other."""
    record = {"externalId": str(number), "name": f"Box {number}", "pipelineName": "Web Orders", **values}
    return {"type": "RECORD", "stream": "boxes", "record": record}


def state(value: Any) -> Message:
    """Return a STATE."""
    return {"type": "STATE", "value": value}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the sandbox saw it: when it came and when it was answered, in epoch seconds."""

    method: str
    path: str
    status: int
    came: float
    answered: float


@dataclass(frozen=True, slots=True)
class Written:
    """What a run of the target did: its STATEs with the time of each, and the requests in order of arrival."""

    states: list[tuple[float, Any]]
    requests: list[Request]

    @property
    def creates(self) -> list[Request]:
        """The requests that made a box."""
        return [one for one in self.requests if one.method == "POST" and one.path.endswith("/boxes")]


def target_settings(crm: Sandbox, folder: Path, **settings: Any) -> str:
    """Write the settings of target-streak and return the file's path."""
    known = {
        "api_url": crm.streak_url,
        "api_key": crm.streak_key,
        "ledger_url": f"sqlite:///{folder / 'pace.db'}",
        "requests_per_second": 1000,
        "state_interval": 0,
    }
    return settings_file(folder, "pace", known | settings)


def write(
    crm: Sandbox, folder: Path, messages: Iterable[Message], program: Sequence[str] = TARGET, **settings: Any
) -> Written:
    """Run target-streak over the messages. RuntimeError with what it said when it fails."""
    crm.clear_requests()
    config = target_settings(crm, folder, **settings)
    lines = folder / "pace.singer"
    lines.write_text("".join(json.dumps(message) + "\n" for message in messages))
    with lines.open("rb") as given, (folder / "pace.log").open("wb") as said:
        command = [*program, "--config", config]
        target = subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=said, env=environment())
        assert target.stdout
        states = [(time.time(), json.loads(line)) for line in target.stdout]
        target.stdout.close()
    if target.wait():
        raise RuntimeError((folder / "pace.log").read_text())
    return Written(states, requests(crm))


def requests(crm: Sandbox) -> list[Request]:
    """Return what Streak was asked since the log was cleared."""
    return [
        Request(
            one["method"], one["path"], one["status"], float(one["time"]), float(one["time"]) + float(one["ms"]) / 1000
        )
        for one in crm.requests("streak")
    ]


def backfill(asked: list[Request]) -> list[Request]:
    """Return the requests from the first record on, behind sign-in and the fields that were made."""
    last = max((number for number, one in enumerate(asked) if "/fields" in one.path), default=0)
    return asked[last + 1 :]


def rate(asked: list[Request]) -> float:
    """Return requests per second from the first one's arrival to the last one's answer."""
    return len(asked) / (max(one.answered for one in asked) - asked[0].came)


def share_used(asked: list[Request], limit: float) -> float:
    """Return which share of the allowed requests was made, without the first and the last second."""
    first, last = asked[0].came + 1, asked[-1].came - 1
    return sum(first <= one.came < last for one in asked) / (last - first) / limit


def most_in_a_second(asked: list[Request]) -> int:
    """Return the largest number of requests that arrived within any second."""
    times = [one.came for one in asked]
    return max(sum(at <= other < at + 1 for other in times[number : number + 2000]) for number, at in enumerate(times))


def most_at_once(asked: list[Request]) -> int:
    """Return how many requests were under way together, at most."""
    return max(sum(other.came <= one.came < other.answered for other in asked) for one in asked)


def share_refused(asked: list[Request]) -> float:
    """Return which share of the requests was answered 429."""
    return sum(one.status == 429 for one in asked) / len(asked)


def stuck_lines(others: int) -> list[Message]:
    """Return a record that will be stuck, then others, each behind a STATE of its number, then the first one again."""
    rest = [line for number in range(1, others + 1) for line in (box(number), state({"done": number}))]
    first, again = box(0, notes="stuck"), box(0, notes="not any more")
    return [SCHEMA, state({"done": -1}), first, state({"done": 0}), *rest, again, state({"done": "all"})]


def stick(crm: Sandbox, folder: Path, seconds: float, others: int) -> tuple[Written, str]:
    """Make box 0, then write it again while its updates take `seconds`. Returns that run, and the box's path."""
    write(crm, folder, [SCHEMA, box(0)])
    (made,) = crm.snapshot()["streak"]["boxes"]
    path = f"/boxes/{made['key']}"
    crm.faults(
        [
            {
                "match": {"system": "streak", "method": "POST", "path": f"{path}$"},
                "do": "latency",
                "ms": seconds * 1000,
                "times": 1,
            }
        ]
    )
    return write(crm, folder, stuck_lines(others), request_timeout=seconds + 30), path
