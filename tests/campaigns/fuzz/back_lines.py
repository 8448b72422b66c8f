"""Good records for the shop, as a mapper makes them of a CRM; every one has an order of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from nonsense import TOKEN, token
from shop import ADDRESS, row
from target_clarity.target import TargetClarity

if TYPE_CHECKING:
    from nonsense import Message

ORDER = {"orderId": TOKEN}
PERSON = {"email": f"{TOKEN}@{TOKEN}.example", "firstName": TOKEN, "addresses": [{"type": "billing", **ADDRESS}]}
RECORDS: list[tuple[str, Message]] = [
    ("orders", ORDER | {"status": "shipped", "trackingNumber": TOKEN, "shippingAddress": ADDRESS}),
    (
        "customers",
        {"email": f"{TOKEN}@{TOKEN}.example", "firstName": TOKEN, "addresses": [{"type": "billing", **ADDRESS}]},
    ),
    ("notes", ORDER | {"text": f"Called {TOKEN}"}),
    ("notes", ORDER | {"text": f"Moved {TOKEN}", "_change": {"path": "stageName", "value": "Won", "first": True}}),
    ("invoices", ORDER | {"dueDate": "2026-07-01", "status": "paid"}),
]


def back_orders(count: int) -> list[Message]:
    """The orders that the shop has, as rows to load."""
    return [row("orders", {"orderId": token(number), "status": "pending"}) for number in range(count + 1)]


@cache
def back_schemas() -> dict[str, Message]:
    """The SCHEMAs of target-clarity's streams."""
    return {
        sink.stream: {
            "type": "SCHEMA",
            "stream": sink.stream,
            "schema": sink.accepts(),
            "key_properties": ["externalId"],
        }
        for sink in TargetClarity.sink_classes
    }


def back_record(kind: int) -> Message:
    """A good RECORD for the shop, of any stream."""
    stream, record = RECORDS[kind % len(RECORDS)]
    source = {"system": "streak", "stream": "boxes", "key": TOKEN, "updatedAt": "2026-05-02T10:00:00Z"}
    own = {"externalId": TOKEN, "_flow": f"to-{stream}", "_source": source | {"date": "2026-05-02T10:00:00Z"}}
    return {"type": "RECORD", "stream": stream, "record": own | record}
