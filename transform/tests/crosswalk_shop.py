"""A small shop and CRM: their schemas, an order, and messages of a tap."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mapper_crosswalk.compile.scope import Scope
from mapper_crosswalk.compile.tables import Table
from mapper_crosswalk.compile.transforms import Setup
from mapper_crosswalk.run.mapper import MapperCrosswalk
from mapper_crosswalk.types.kinds import from_schema
from singer_rest import Findings, Node

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

Message = dict[str, Any]

TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
INSTANT = {"type": ["string", "null"], "format": "date-time"}
LINE = {"type": "object", "properties": {"sku": TEXT, "name": TEXT, "quantity": NUMBER, "price": NUMBER}}
ORDERS: Message = {
    "type": "object",
    "required": ["orderId", "updatedAt"],
    "properties": {
        "orderId": {"type": "string"},
        "number": TEXT,
        "email": TEXT,
        "status": {**TEXT, "x-known-values": ["pending", "confirmed", "processing", "shipped"]},
        "kind": {**TEXT, "enum": ["web", "phone", None]},
        "total": NUMBER,
        "count": {"type": ["integer", "null"]},
        "isTest": {"type": ["boolean", "null"]},
        "note": TEXT,
        "orderDate": INSTANT,
        "dueOn": {"type": ["string", "null"], "format": "date"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "version": {"type": ["integer", "null"]},
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
        "lines": {"type": ["array", "null"], "items": LINE},
        "address": {"type": ["object", "null"], "properties": {"line1": TEXT, "city": TEXT, "country": TEXT}},
        "customer": {
            "type": ["object", "null"],
            "properties": {"customerId": {"type": "string"}, "email": TEXT, "company": TEXT},
        },
    },
}
CUSTOMERS: Message = {
    "type": "object",
    "required": ["customerId"],
    "properties": {"customerId": {"type": "string"}, "email": TEXT, "name": TEXT, "updatedAt": INSTANT},
}
BOXES: Message = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": TEXT,
        "stageName": TEXT,
        "pipelineName": TEXT,
        "notes": TEXT,
        "dueDate": INSTANT,
        "priority": {**TEXT, "enum": ["high", "low", None]},
        "amount": NUMBER,
        "contactEmails": {"type": ["array", "null"], "items": {"type": "string"}},
        "fieldValues": {
            "type": ["object", "null"],
            "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]},
        },
    },
}
CONTACTS = {"type": "object", "properties": {"name": TEXT, "emailAddresses": BOXES["properties"]["contactEmails"]}}
COMMENTS = {"type": "object", "required": ["message"], "properties": {"message": TEXT, "boxExternalId": TEXT}}
SCHEMAS = {
    "shop": {"orders": ORDERS, "customers": CUSTOMERS},
    "crm": {"boxes": BOXES, "contacts": CONTACTS, "comments": COMMENTS},
}
HEAD = """\
version: 1
timezone: America/Chicago
systems:
  shop: {tap: shop}
  crm: {target: crm, tap: crm-tap}
"""
MAPPING = """
tables:
  stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]
flows:
  order-contact:
    from: shop.orders
    to: crm.contacts
    when: [customer.customerId exists]
    owns: false
    fields: {externalId: customer.customerId, name: customer.company}
  customer-contact:
    from: shop.customers
    to: crm.contacts
    fields: {externalId: customerId, name: name, emailAddresses: [email | email]}
  order-box:
    from: shop.orders
    to: crm.boxes
    when: isTest != true
    dated: orderDate
    fields:
      externalId: orderId
      name: number
      stageName: {table: stages, of: status}
      amount: total
  order-status:
    from: shop.orders
    to: crm.comments
    on_change: status
    on_first: true
    fields: {externalId: {template: "order:{orderId}:status"}, boxExternalId: orderId, message: status}
"""
STATE = {"type": "STATE", "value": {"bookmarks": {"orders": {"replication_key_value": "x"}}}}
ORDER: Message = {
    "orderId": "7",
    "number": "SO-7",
    "email": " Ada@ACME.example",
    "status": "pending",
    "total": 208.38,
    "count": 3,
    "isTest": False,
    "orderDate": "2026-05-01T14:03:11Z",
    "updatedAt": "2026-05-02T15:00:00Z",
    "version": 3,
    "lines": [{"sku": "B-8", "name": "Bolt", "quantity": 10, "price": 18.00}, {"sku": None, "name": "Nut"}],
    "customer": {"customerId": "C-1", "email": None, "company": "Acme"},
}


class Pipe:
    """Messages in, messages out, through the plugin."""

    def __init__(self, path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
        self.plugin = MapperCrosswalk(config={"mapping_file": str(path)})
        self.captured = capsysbinary

    def __call__(self, *messages: Message | str) -> list[Message]:
        lines = [message if isinstance(message, str) else json.dumps(message) for message in messages]
        self.plugin.listen(io.StringIO("\n".join(lines) + "\n"))
        return [json.loads(line) for line in self.captured.readouterr().out.splitlines()]

    def records(self, *messages: Message | str) -> list[tuple[str, Message]]:
        return [(one["stream"], one["record"]) for one in self(*messages) if one["type"] == "RECORD"]


def schema(stream: str = "orders", body: Message = ORDERS, keys: tuple[str, ...] = ("orderId",)) -> Message:
    return {"type": "SCHEMA", "stream": stream, "schema": body, "key_properties": list(keys)}


def record(stream: str = "orders", **values: Any) -> Message:
    return {"type": "RECORD", "stream": stream, "record": {**ORDER, **values}}


def node(value: Any, line: int = 1) -> Node:
    """A value as if it stood in a mapping file."""
    if isinstance(value, dict):
        return Node({key: node(inner, line) for key, inner in value.items()}, line)
    return Node([node(inner, line) for inner in value], line) if isinstance(value, list) else Node(value, line)


def order_scope(**options: Any) -> Scope:
    """Where a value of an order's flow is compiled; findings end up in `scope.findings.entries`."""
    stages = (("pending", "New"), ("confirmed", "Working"), ("processing", "Working"), ("shipped", "Done"))
    setup = Setup(ZoneInfo("America/Chicago"), {"stages": Table("stages", 3, stages)})
    return Scope(from_schema(ORDERS), "shop.orders", setup, Findings("m.yml"), "box.name", **options)


def notes(scope: Scope) -> list[str]:
    """What was found wrong."""
    return [finding.what for finding in scope.findings.entries]
