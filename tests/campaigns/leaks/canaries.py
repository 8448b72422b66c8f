"""Secrets and a person that must be found nowhere but where they belong, and the search for them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from shop import ADDRESS, customer, order, payment
from target_clarity.sinks import Customers, Invoices, Notes, Orders

from sandbox import keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SECRET = "canary-secret-8f3a"  # wrong keys are made of it
EMAIL = "kanari.vögel"
NAME = "Kanarina"
FAMILY = "Leckmann-Vogel"
PHONE = "+1 512 555 0177"
STREET = "77 Leckage Lane"
NOTE = "Gate code 4711-kanari"
REP = "rep.kanari"
PEOPLE = (EMAIL[:8], NAME, FAMILY, "5125550177", "555 0177", STREET, NOTE, REP)
KEYS = (keys.CLARITY_KEY, keys.CLARITY_CLIENT_SECRET, keys.STREAK_KEY)
SECRETS = (SECRET, *KEYS, *(base64.b64encode(f"{key}:".encode()).decode().rstrip("=") for key in (*KEYS, SECRET)))
# as an API may quote what it was sent
ECHO = f"Contacts can't have duplicate emails: {EMAIL}@leak.example ({NAME} {FAMILY}, {PHONE}), {STREET}: {NOTE}"

PERSON = {"firstName": NAME, "lastName": FAMILY, "email": f"{EMAIL}@leak.example", "phone": PHONE}
HOME = ADDRESS | {"name": f"{NAME} {FAMILY}", "phone": PHONE, "line1": STREET, "company": None}


def shop() -> list[dict[str, Any]]:
    """A customer, orders of theirs (one that can't be mapped) and a payment, all about one person."""
    mine = {"customerId": "C-1", "email": PERSON["email"], "billingAddress": HOME, "shippingAddress": HOME}
    mine |= {"salesRepEmail": f"{REP}@leak.example", "customerNote": NOTE}
    guest = {"customerId": None, "email": f"{EMAIL}.2@leak.example"}
    return [
        customer(**PERSON, customerId="C-1", company=None, addresses=[{"type": "billing", "isDefault": True, **HOME}]),
        *(order(number, **mine) for number in (1, 2, 3)),
        order(4, **mine | guest),
        order(5, **mine | {"status": "teleported"}),
        payment(orderId="1"),
    ]


def way_back(**changes: Any) -> str:
    """Singer lines about the person for target-clarity; `changes` are made to every record."""
    seen = {"system": "streak", "stream": "boxes", "key": "B-1", "updatedAt": "2026-05-03T00:00:00Z"}
    values: dict[Any, dict[str, Any]] = {
        Customers: PERSON | {"addresses": [HOME]},
        Orders: {"shippingAddress": HOME, "customerNote": NOTE, "salesRepEmail": f"{REP}@leak.example"},
        Notes: {"orderId": "2", "text": f"{NAME} called: {NOTE}"},
        Invoices: {"orderId": "3", "dueDate": "2026-06-01"},
    }
    lines: list[dict[str, Any]] = []
    for number, (sink, record) in enumerate(values.items(), 1):
        head = {"stream": sink.stream, "schema": sink.accepts(), "key_properties": ["externalId"]}
        source = seen | {"date": seen["updatedAt"]}
        lines += [{"type": "SCHEMA"} | head, {"type": "RECORD", "stream": sink.stream}]
        lines[-1]["record"] = {"externalId": str(number), "_flow": "back", "_source": source} | record | changes
    lines.append({"type": "STATE", "value": {"at": len(values)}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def leaks(text: str) -> list[str]:
    """Every canary that a text holds."""
    return [canary for canary in (*PEOPLE, *SECRETS) if canary in text]


def look(folder: Path, *, but: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every canary in every file below a folder, by path; `but`: how the names of files begin where they belong."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(tuple(but))]
    found = {str(path.relative_to(folder)): leaks(path.read_bytes().decode("utf-8", "replace")) for path in files}
    return {name: canaries for name, canaries in found.items() if canaries}
