"""What the live demo knows: what was done, what of it has arrived and when, and how the installation is."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm import Crm
from sync_console.live import heartbeat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from demo_day import Change
    from live_site import LiveSite

PIPELINES = {"clarity": "tap-clarity-events-to-target-streak", "streak": "tap-streak-events-to-target-clarity"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A change that the other side shows, and the seconds it took; `where` is the stage or the status."""

    change: Change
    seconds: float
    where: str


@dataclass(frozen=True, slots=True)
class Health:
    """How the installation is: events not yet done, records set aside, pipelines."""

    queue: int = 0
    set_aside: int = 0
    restarts: int = 0
    up: int = 0


@dataclass
class Watch:
    """Looks at both sides and at the installation's files; changes nothing."""

    site: LiveSite
    known: list[dict[str, Any]] = field(default_factory=list)
    crm: Crm | None = None
    waiting: list[Change] = field(default_factory=list)
    arrived: list[Arrival] = field(default_factory=list)
    set_aside: list[Change] = field(default_factory=list)
    health: Health = field(default_factory=Health)

    @property
    def busy(self) -> set[str]:
        """Orders with a change under way."""
        return {change.order for change in self.waiting}

    def done(self, *kinds: str) -> int:
        """How many changes of these kinds were made."""
        changes = [*self.waiting, *self.set_aside, *(one.change for one in self.arrived)]
        return Counter(change.kind in kinds for change in changes)[True]

    def seconds(self, *kinds: str) -> list[float]:
        """How long those that arrived took."""
        return [one.seconds for one in self.arrived if one.change.kind in kinds]

    def doubled(self) -> list[str]:
        """Orders with more than one deal."""
        boxes = Counter(box["fields"].get("Order ID") for box in self.crm.boxes) if self.crm else Counter()
        return [order for order, number in boxes.items() if number > 1]

    def look(self) -> None:
        """Look at both sides, and note what has arrived."""
        snapshot = self.site.sandbox.snapshot()
        self.known, self.crm = snapshot["clarity"]["orders"], Crm(snapshot)
        orders = {order["orderId"]: order for order in self.known}
        boxes = {box["fields"].get("Order ID"): box for box in self.crm.boxes}
        letters = {letter["external_id"] for letter in self.letters()}
        for change in list(self.waiting):
            at = _seen(change, orders[change.order], boxes.get(change.order))
            if at is not None:
                where = change.wanted if change.kind == "stage" else boxes[change.order]["stage"]
                self.arrived.append(Arrival(change, max(at - change.at, 0.0), where))
                self.waiting.remove(change)
            elif change.kind == "order" and change.order in letters:
                self.set_aside.append(change)
                self.waiting.remove(change)

    def check(self) -> None:
        """Look at the installation."""
        pulses, _ = heartbeat.judge(self.site.folder / "live")
        restarts, up = sum(one.restarts for one in pulses.values()), sum(one.up for one in pulses.values())
        self.health = Health(self._queue(), len(self.letters()), restarts, up)

    def letters(self) -> list[dict[str, Any]]:
        """What is set aside now, with the reason."""
        return _rows(
            self.site.folder / "ledger.db",
            "SELECT stream, external_id, reason FROM dead_letters WHERE status = 'open' ORDER BY id",
        )

    def ready(self) -> bool:
        """Whether both pipelines are up and have once been all the way through."""
        pulses, _ = heartbeat.judge(self.site.folder / "live")
        return len(pulses) == len(PIPELINES) and all(one.up and one.last_state for one in pulses.values())

    def _queue(self) -> int:
        states = _rows(self.site.folder / "meltano.db", "SELECT state_id, completed_state FROM state")
        read = {row["state_id"].partition(":")[2]: _place(row["completed_state"]) for row in states}
        count = "SELECT count(*) AS n FROM events WHERE source = ? AND seq > ?"
        database = self.site.folder / "sync-console.db"
        return sum(
            row["n"] for source, name in PIPELINES.items() for row in _rows(database, count, source, read.get(name, 0))
        )


def percentile(seconds: Sequence[float], share: float) -> float | None:
    """So long at most did this share of them take."""
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)] if seconds else None


def _seen(change: Change, order: dict[str, Any], box: dict[str, Any] | None) -> float | None:
    """When the other side came to show it, by its own clock."""
    if change.kind == "stage":
        return datetime.fromisoformat(order["updatedAt"]).timestamp() if order["status"] == change.wanted else None
    if box is None or box["stage"] != change.wanted:
        return None
    return float(box["created"] if change.kind == "order" else box["moved"]) / 1000


def _place(state: str) -> int:
    bookmarks = json.loads(state).get("singer_state", {}).get("bookmarks", {})
    return int(bookmarks.get("events", {}).get("replication_key_value", 0))


def _rows(database: Path, query: str, *values: Any) -> list[dict[str, Any]]:
    """Read somebody else's database; one that is not there yet has no rows."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]
    except sqlite3.OperationalError:
        return []
