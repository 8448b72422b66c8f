"""Payments and invoices of the demo orders."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sandbox.demo.chance import Chance
from sandbox.demo.story import WOBBLY

Record = dict[str, Any]

STATUS = {
    "pending": "authorized",
    "confirmed": "authorized",
    "on_hold": "authorized",
    "cancelled": "voided",
    "refunded": "refunded",
}
INVOICE_STATUS = {"completed": "paid", "cancelled": "void", "refunded": "void"}
PAID = ("captured", "partially_refunded", "refunded")


def payment_info(chance: Chance, order: Record, *, has_account: bool) -> Record | None:
    """The order's payment as the order shows it; None where nobody has tried to pay yet."""
    if order["status"] == "pending" and chance.share(0.4):
        return None
    method = chance.weighted([("invoice", 4), ("card", 5)] if has_account else [("card", 6), ("paypal", 3)])
    status = _status(chance, order)
    return {
        "paymentId": f"PAY-{order['orderId'][1:]}",
        "method": method,
        "status": status,
        "amount": order["totalAmount"],
        "currency": order["currency"],
        "transactionId": f"{'ch' if method == 'card' else 'tx'}_{int(order['orderId']) * 104729:x}",
        "last4": f"{int(order['orderId']) * 31 % 10000:04d}" if method == "card" else None,
        "paidAt": _later(order["orderDate"], seconds=4) if status in PAID else None,
    }


def _status(chance: Chance, order: Record) -> str:
    if order["status"] == "pending" and chance.share(0.3):
        return "failed"
    if order["status"] == "completed" and order["lineItems"][0]["productId"] == WOBBLY:
        return "partially_refunded"
    return STATUS.get(order["status"], "captured")


def payments(order: Record) -> Iterator[Record]:
    """The payment of an order, and the money given back in part as a payment of its own."""
    info = order["paymentInfo"]
    if info is None:
        return
    begun, ended = order["orderDate"], order["updatedAt"]
    touched = ended if info["status"] in ("voided", "refunded", "partially_refunded") else _later(begun, seconds=4)
    same = {name: info[name] for name in ("method", "currency", "last4")}
    yield {
        **{name: info[name] for name in ("paymentId", "status", "amount", "transactionId")},
        **same,
        "orderId": order["orderId"],
        "createdAt": begun,
        "updatedAt": touched,
    }
    if info["status"] == "partially_refunded":
        yield {
            "paymentId": f"{info['paymentId']}-R1",
            "orderId": order["orderId"],
            "status": "refunded",
            "amount": order["lineItems"][0]["totalAmount"],
            "transactionId": f"re_{info['transactionId']}",
            **same,
            "createdAt": ended,
            "updatedAt": ended,
        }


def invoice(number: int, order: Record) -> Record | None:
    """Those who pay on account get an invoice."""
    info = order["paymentInfo"]
    if info is None or info["method"] != "invoice" or order["status"] in ("pending", "confirmed"):
        return None
    half = (order["totalAmount"] / 2).quantize(Decimal("0.01"))
    status = INVOICE_STATUS.get(order["status"], "partially_paid" if number % 4 == 0 else "unpaid")
    due = {"unpaid": order["totalAmount"], "partially_paid": half}.get(status, Decimal("0.00"))
    return {
        "invoiceId": f"INV-{number}",
        "orderId": order["orderId"],
        "customerId": order["customerId"],
        "status": status,
        "invoiceDate": _later(order["orderDate"], seconds=3600),
        "dueDate": _later(order["orderDate"], seconds=30 * 86400)[:10],
        "currency": order["currency"],
        "totalAmount": order["totalAmount"],
        "amountDue": due,
        "createdAt": _later(order["orderDate"], seconds=3600),
        "updatedAt": order["updatedAt"],
    }


def _later(instant: str, *, seconds: int) -> str:
    moment = dt.datetime.fromisoformat(instant) + dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
