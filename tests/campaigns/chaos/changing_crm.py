"""Sales people at work: stages, people and invoices change; it knows what the shop must hold in the end."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shop import STAGES, row
from target_clarity.target import TargetClarity
from verdict import Verdict

if TYPE_CHECKING:
    from random import Random

BEGINS = datetime(2026, 5, 4, 8, tzinfo=UTC)
ORDERS, PEOPLE, ROUNDS = 30, 40, 5
NEXT = {
    "pending": ("confirmed", "on_hold"),
    "on_hold": ("confirmed",),
    "confirmed": ("shipped", "on_hold"),
    "shipped": ("completed",),
    "completed": ("shipped",),
}
SYNC: dict[str, dict[str, Any]] = {
    "orders": {"status": {"shared": True, "owner": "source", "equivalent": [["confirmed", "processing"]]}},
    "customers": {"addresses": {"add_only": True}},
}

Record = dict[str, Any]


@dataclass
class Order:
    """What a rep did with one order."""

    status: str = "pending"
    tracking: str | None = None
    moves: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    invoice: str | None = None


class ChangingCrm:
    """Boxes, people and tasks as the mapper tells of them; every change is newer than the one before."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._now = BEGINS
        self.rounds = 0
        self.orders = {str(number): Order() for number in range(1, ORDERS + 1)}
        self.people: dict[str, str] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time for another office."""
        return self.rounds >= ROUNDS

    @property
    def now(self) -> str:
        """The last change."""
        return self._now.isoformat().replace("+00:00", "Z")

    def shop(self) -> list[Record]:
        """The orders that the shop has, as rows to load."""
        return [row("orders", {"orderId": name, "status": "pending"}) for name in self.orders]

    def change(self) -> list[bytes]:
        """Let some time pass: the Singer lines of what happened."""
        self.rounds += 1
        messages = [] if self.rounds > 1 else [one for name in self.orders for one in self._told(name)]
        names = list(self.orders)
        messages += [one for name in self._some(names, 14) for one in self._move(name)]
        messages += [self._note(name) for name in self._some(names, 6)]
        messages += [one for number in self._some(list(range(PEOPLE)), 9) for one in self._meet(number)]
        messages += [self._invoice(name) for name in self._some(names, 8)]
        state = {"bookmarks": {"boxes": {"replication_key_value": self.now}}}
        return [*_schemas(), *map(_line, messages), _line({"type": "STATE", "value": state})]

    def _some(self, names: list[Any], most: int) -> list[Any]:
        return self._chance.sample(names, most)

    def _told(self, name: str) -> list[Record]:
        """The order as it stands, and the first sight of its stage."""
        return [self._record("orders", name, "box-order", status="pending"), self._stage(name, "New Order")]

    def _move(self, name: str) -> list[Record]:
        order = self.orders[name]
        order.status = self._chance.choice(NEXT[order.status])
        order.moves.append(f"Moved to {STAGES[order.status]}")
        if order.status == "shipped":
            order.tracking = f"1Z{name}-{len(order.moves)}"
        tracking = {"trackingNumber": order.tracking} if order.tracking else {}
        return [
            self._record("orders", name, "box-order", status=order.status, **tracking),
            self._stage(name, STAGES[order.status]),
        ]

    def _stage(self, name: str, stage: str) -> Record:
        change = {"path": "stageName", "value": stage}
        return self._record(
            "notes", f"box:{name}:stage", "stage-note", orderId=name, text=f"Moved to {stage}", _change=change
        )

    def _note(self, name: str) -> Record:
        notes = self.orders[name].notes
        notes.append(f"task:{name}-{len(notes)}:done")
        return self._record("notes", notes[-1], "task-note", orderId=name, text="Called: wants it on Friday")

    def _meet(self, number: int) -> list[Record]:
        """Somebody's name changes; two cards of one person are one customer."""
        email = f"p{number}@acme.example"
        self.people[email] = f"Byron-{self.rounds}"
        names = {"firstName": "Ada", "lastName": self.people[email]}
        cards = ("", "b") if number % 3 == 0 else ("",)
        return [self._record("customers", f"K{number}{card}", "contact", email=email, **names) for card in cards]

    def _invoice(self, name: str) -> Record:
        order = self.orders[name]
        order.invoice = "unpaid" if order.invoice is None else "paid"
        given = {"orderId": name, "status": order.invoice, "dueDate": "2026-07-01"}
        return self._record("invoices", f"box:{name}:won", "box-invoice", **given)

    def _record(self, stream: str, name: str, flow: str, **values: Any) -> Record:
        self._now += timedelta(seconds=self._chance.randint(1, 40))
        source = {"system": "streak", "stream": "boxes", "key": f"{flow} {name}", "updatedAt": self.now}
        record = {"externalId": name, "_flow": flow, "_source": source | {"date": self.now}, **values}
        return {"type": "RECORD", "stream": stream, "record": record}

    def judge(self, shop: dict[str, list[Record]]) -> Verdict:
        """Compare the shop with what people did."""
        verdict = Verdict()
        for found in shop["orders"]:
            order, what = self.orders[found["orderId"]], f"order {found['orderId']}"
            verdict.same(f"{what}: status", found["status"], order.status)
            verdict.same(f"{what}: tracking number", found.get("trackingNumber"), order.tracking)
            notes = [note for note in shop["notes"] if note["orderId"] == found["orderId"]]
            moves = [note["text"] for note in notes if ":stage:" in note["externalId"]]
            verdict.sequence(f"{what}: moves", moves, order.moves)
            others = Counter(note["externalId"] for note in notes if ":stage:" not in note["externalId"])
            verdict.count(f"{what}: note", others, dict.fromkeys(order.notes, 1))
            wanted: dict[str, int] = {order.invoice: 1} if order.invoice else {}
            invoices = Counter(one["status"] for one in shop["invoices"] if one["orderId"] == found["orderId"])
            verdict.count(f"{what}: invoice", invoices, wanted)
        verdict.count("customer", Counter(one["email"] for one in shop["customers"]), dict.fromkeys(self.people, 1))
        for one in shop["customers"]:
            verdict.same(f"name of {one['email']}", one["lastName"], self.people.get(one["email"]))
        return verdict


def _schemas() -> list[bytes]:
    lines = []
    for sink in TargetClarity.sink_classes:
        properties = dict(sink.accepts()["properties"])
        for name, rule in SYNC.get(sink.stream, {}).items():
            properties[name] = properties[name] | {"x-sync": rule}
        schema = {"type": "object", "properties": properties}
        message = {"type": "SCHEMA", "stream": sink.stream, "schema": schema, "key_properties": ["externalId"]}
        lines.append(_line(message))
    return lines


def _line(message: Record) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
