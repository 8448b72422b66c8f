"""A small CRM with everything that is written back, and what it must become in the shop."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from shop import row
from target_clarity.target import TargetClarity

ORDERS = 20
PEOPLE = 6
NUMBERS = range(1, ORDERS + 1)
SHIPPED = frozenset(number for number in NUMBERS if number % 3 == 0)
SHARED = {"status": {"shared": True, "owner": "source"}}

Message = dict[str, Any]


def orders() -> list[Message]:
    """What the shop has beforehand, as rows to load."""
    return [row("orders", {"orderId": str(number), "status": "pending"}) for number in NUMBERS]


def opening() -> str:
    """Every box as it stands, the people, what was done, and an invoice each."""
    records = [_record("customers", f"K{number}", **_person(number)) for number in range(PEOPLE)]
    for number in NUMBERS:
        records += [
            _record("orders", str(number), status="pending", trackingNumber=f"T{number}"),
            _stage(number, "New Order"),
            _record("notes", f"task:{number}:done", orderId=str(number), text="Called: wants it on Friday"),
            _record("invoices", f"box:{number}:won", orderId=str(number), dueDate="2026-07-01", status="paid"),
        ]
    return _lines(records, 1)


def shipping() -> str:
    """What is shipped some days later, and somebody's new name."""
    when = "2026-05-20T10:00:00Z"
    records = [_record("customers", "K0", at=when, **_person(0) | {"lastName": "Married"})]
    for number in sorted(SHIPPED):
        records += [_record("orders", str(number), at=when, status="shipped"), _stage(number, "Shipped", at=when)]
    return _lines(records, 2)


def differences(snapshot: dict[str, Any]) -> list[str]:
    """What is lost, doubled or wrong in the shop; empty when all is as it must be."""
    shop = snapshot["clarity"]
    names = ("orders", "customers", "notes", "invoices")
    found = {name: Counter(_told(name, one) for one in shop[name]) for name in names}
    wanted = {name: Counter(_told(name, one) for one in _wanted(name)) for name in names}
    return [
        f"{name} {one}: {found[name][one]} instead of {wanted[name][one]}"
        for name in names
        for one in {**wanted[name], **found[name]}
        if found[name][one] != wanted[name][one]
    ]


TOLD = {
    "orders": ("orderId", "status", "trackingNumber"),
    "customers": ("email", "firstName", "lastName"),
    "notes": ("orderId", "externalId", "text"),
    "invoices": ("orderId", "status", "dueDate"),
}


def _told(name: str, one: Message) -> tuple[Any, ...]:
    return tuple(one.get(value) for value in TOLD[name])


def _wanted(name: str) -> list[Message]:
    """The shop at the end."""
    if name == "customers":
        return [_person(number) | ({"lastName": "Married"} if number == 0 else {}) for number in range(PEOPLE)]
    ids = [(number, {"orderId": str(number)}) for number in NUMBERS]
    if name == "orders":
        return [
            one | {"status": "shipped" if number in SHIPPED else "pending", "trackingNumber": f"T{number}"}
            for number, one in ids
        ]
    if name == "invoices":
        return [one | {"status": "paid", "dueDate": "2026-07-01"} for _, one in ids]
    done = [one | {"externalId": f"task:{number}:done", "text": "Called: wants it on Friday"} for number, one in ids]
    moved = [one | {"externalId": f"box:{number}:stage:1", "text": "Moved to Shipped"} for number, one in ids]
    return done + [note for note in moved if int(note["orderId"]) in SHIPPED]


def _person(number: int) -> Message:
    return {"email": f"p{number}@acme.example", "firstName": f"P{number}", "lastName": "Byron"}


def _stage(number: int, stage: str, **values: Any) -> Message:
    change = {"path": "stageName", "value": stage}
    told: Message = {"orderId": str(number), "text": f"Moved to {stage}", "_change": change}
    return _record("notes", f"box:{number}:stage", **told, **values)


def _record(stream: str, name: str, *, at: str = "2026-05-10T10:00:00Z", **values: Any) -> Message:
    source = {"system": "streak", "stream": "boxes", "key": name, "updatedAt": at, "date": at}
    record = {"externalId": name, "_flow": f"to-{stream}", "_source": source, **values}
    return {"type": "RECORD", "stream": stream, "record": record}


def _lines(records: list[Message], number: int) -> str:
    """Singer lines with a STATE after every ten records."""
    lines = [_schema(sink.stream, sink.accepts()) for sink in TargetClarity.sink_classes]
    for place, record in enumerate(records, 1):
        lines.append(record)
        if place % 10 == 0 or place == len(records):
            lines.append({"type": "STATE", "value": {"round": number, "place": place}})
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def _schema(stream: str, accepts: Message) -> Message:
    properties = dict(accepts["properties"])
    for name, rule in SHARED.items() if stream == "orders" else ():
        properties[name] = properties[name] | {"x-sync": rule}
    schema = {"type": "object", "properties": properties}
    return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["externalId"]}
