"""Which events a change of a record makes."""

from collections.abc import Iterator
from typing import Any

from sandbox.clarity.kinds import CUSTOMERS, ORDERS, PAYMENTS, Kind

EVENTS = (
    "order.created",
    "order.status_changed",
    "order.updated",
    "customer.created",
    "customer.updated",
    "payment.captured",
    "payment.refunded",
)

# what the skin page_index calls those that it tells
PAGE_INDEX_TOPICS = {
    "order.created": "OrderCreated",
    "order.status_changed": "OrderStatusChanged",
    "customer.updated": "CustomerUpdated",
    "payment.captured": "PaymentCaptured",
    "payment.refunded": "PaymentRefunded",
}

Record = dict[str, Any]
Event = tuple[str, dict[str, Any]]


def events(kind: Kind, before: Record | None, after: Record) -> Iterator[Event]:
    """Names and data of the events, `before` is None for a new record."""
    if before == after:
        return
    if kind is ORDERS:
        yield from _order_events(before, after)
    elif kind is CUSTOMERS:
        name = "customer.created" if before is None else "customer.updated"
        yield name, {"customerId": after["customerId"], "version": after["version"]}
    elif kind is PAYMENTS and (before or {}).get("status") != after.get("status") in ("captured", "refunded"):
        yield f"payment.{after['status']}", {name: after.get(name) for name in ("paymentId", "orderId", "status")}


def _order_events(before: Record | None, after: Record) -> Iterator[Event]:
    data = {name: after.get(name) for name in ("orderId", "status", "version")}
    if before is None:
        yield "order.created", data
        return
    if before.get("status") != after.get("status"):
        yield "order.status_changed", {**data, "previousStatus": before.get("status")}
    yield "order.updated", data
