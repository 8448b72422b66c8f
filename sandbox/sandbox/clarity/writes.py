"""What the API lets a caller change."""

import datetime as dt
import re
from typing import Any

from sandbox import wire
from sandbox.clarity import fields
from sandbox.clarity.call import Call
from sandbox.clarity.instants import iso
from sandbox.clarity.kinds import CUSTOMERS, INVOICES, NOTES, ORDERS, Kind
from sandbox.clarity.refusal import Refused, invalid, malformed, missing
from sandbox.clarity.request import Answer
from sandbox.clock import instant

PAST_PENDING = ("shipped", "completed", "cancelled", "refunded")
OPEN_INVOICE = ("unpaid", "partially_paid")
DAYS_TO_PAY = 30
VERSION = re.compile(r'(?:W/)?"?(\d+)"?')


def create_customer(call: Call) -> Answer:
    body = call.json()
    fields.check(body, fields.CUSTOMER)
    if not any(body.get(name) for name in ("email", "firstName", "lastName")):
        raise invalid({"email": "is required where there is no name"})
    twin = _customer_with(call, body.get("email"))
    if twin:
        raise Refused(409, "customer_exists", "A customer with this e-mail exists", customerId=twin)
    return _created(call, CUSTOMERS, body)


def patch_customer(call: Call) -> Answer:
    return _patched(call, CUSTOMERS, fields.CUSTOMER)


def patch_order(call: Call) -> Answer:
    return _patched(call, ORDERS, fields.ORDER_PATCH)


def add_note(call: Call) -> Answer:
    order, body = _existing(call, ORDERS), call.json()
    fields.check(body, fields.NEW_NOTE, required=("text",))
    for note in call.shop.collections["notes"]:
        if body.get("externalId") and _is_of(note, order) and note.get("externalId") == body["externalId"]:
            return 200, wire.encode(note)
    return _created(call, NOTES, {**body, "orderId": order["orderId"]})


def create_invoice(call: Call) -> Answer:
    body = call.json()
    fields.check(body, fields.NEW_INVOICE, required=("orderId",))
    order = call.shop.collections["orders"].records.get(body["orderId"])
    if order is None:
        raise invalid({"orderId": "is no order of this shop"})
    for invoice in call.shop.collections["invoices"]:
        if _is_of(invoice, order) and _stands_in_the_way(invoice, body.get("externalId")):
            raise Refused(
                409, "invoice_exists", "The order has an invoice already", invoiceId=invoice[INVOICES.id_name]
            )
    return _created(call, INVOICES, _invoice(call, order, body))


def patch_invoice(call: Call) -> Answer:
    if call.header(b"if-match") is not None:
        raise malformed("Invoices have no version, so If-Match can't be heeded")
    return _patched(call, INVOICES, fields.INVOICE_PATCH)


def _is_of(record: dict[str, Any], order: dict[str, Any]) -> bool:
    return bool(record.get("orderId") == order["orderId"])


def _stands_in_the_way(invoice: dict[str, Any], external_id: str | None) -> bool:
    return invoice.get("status") in OPEN_INVOICE or (
        external_id is not None and invoice.get("externalId") == external_id
    )


def _invoice(call: Call, order: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    now_ms = call.shop.clock.now_ms()
    due = instant(now_ms).date() + dt.timedelta(days=DAYS_TO_PAY)
    return {
        **body,
        "customerId": order.get("customerId"),
        "invoiceDate": iso(now_ms),
        "dueDate": body.get("dueDate") or due.isoformat(),
        "currency": order.get("currency"),
        "totalAmount": order.get("totalAmount"),
        "amountDue": order.get("totalAmount"),
    }


def _customer_with(call: Call, email: str | None) -> str | None:
    if not email:
        return None
    same = (c for c in call.shop.collections["customers"] if (c.get("email") or "").lower() == email.lower())
    return next((customer["customerId"] for customer in same), None)


def _existing(call: Call, kind: Kind) -> dict[str, Any]:
    record = call.shop.collections[kind.plural].records.get(call.names["id"])
    if record is None:
        raise missing(kind.singular, call.names["id"])
    return record


def _created(call: Call, kind: Kind, body: dict[str, Any]) -> Answer:
    collection = call.shop.collections[kind.plural]
    record = call.shop.new_record(kind, body)
    call.shop.keep(kind, record)
    return 201, collection.encoded(record[kind.id_name]) or b""


def _patched(call: Call, kind: Kind, checks: dict[str, fields.Check]) -> Answer:
    old, body = _existing(call, kind), call.json()
    fields.check(body, checks)
    _heed_version(call.header(b"if-match"), old)
    new = fields.merged(old, body)
    if kind is ORDERS and new.get("status") == "pending" and old.get("status") in PAST_PENDING:
        raise invalid({"status": f"can't go from {old['status']} to pending"})
    if new != old:
        _settle(kind, new)
        call.shop.keep(kind, call.shop.bumped(kind, new))
    return 200, call.shop.collections[kind.plural].encoded(call.names["id"]) or b""


def _settle(kind: Kind, invoice: dict[str, Any]) -> None:
    if kind is INVOICES and invoice.get("status") in ("paid", "void"):
        invoice["amountDue"] = 0
    elif kind is INVOICES and invoice.get("status") == "unpaid":
        invoice["amountDue"] = invoice.get("totalAmount")


def _heed_version(wanted: str | None, record: dict[str, Any]) -> None:
    if wanted is None or wanted.strip() == "*":
        return
    match = VERSION.fullmatch(wanted.strip())
    if not match:
        raise malformed("If-Match must be a version, such as 3")
    if int(match[1]) != record["version"]:
        raise Refused(409, "version_conflict", f"The record is at version {record['version']}", current=record)
