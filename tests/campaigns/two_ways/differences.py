"""What became of records between two looks at a world."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
NOUNS = ("boxes", "contacts", "organizations", "tasks", "comments", "meetings")
IDS = {"orders": "orderId", "customers": "customerId", "invoices": "invoiceId", "notes": "noteId"}
STAMPS = frozenset({"lastUpdatedTimestamp", "lastSavedTimestamp", "versionTimestamp", "lastSavedUserKey"})
MOST_LETTERS = 400


def without_stamps(found: dict[str, Json]) -> dict[str, Json]:
    """The same records without the moments of their last write."""
    return {key: {name: record[name] for name in record if name not in STAMPS} for key, record in found.items()}


def records(snapshot: Json) -> dict[str, Json]:
    """The records of both sides by key; the shop's have the name of their kind before it."""
    crm = {record["key"]: {"noun": noun, **record} for noun in NOUNS for record in snapshot["streak"][noun]}
    return crm | shop_records(snapshot["clarity"])


def shop_records(store: Json, name: str = "shop") -> dict[str, Json]:
    """The records of a shop by its name, their kind and id."""
    return {
        f"{name} {kind} {record[key]}": {"noun": f"{name} {kind}", **record}
        for kind, key in IDS.items()
        for record in store.get(kind, ())
    }


def changes(before: dict[str, Json], after: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """The key of every record that is new, gone or other than it was, and what it is in words."""
    for key in before.keys() | after.keys():
        had, has = before.get(key), after.get(key)
        if had is None and has is not None:
            yield key, f"{_name(has)} is new"
        elif has is None and had is not None:
            yield key, f"{_name(had)} is gone"
        elif had is not None and has is not None and had != has:
            yield key, f"{_name(has)}: {_properties(had, has)}"


def _name(record: Json) -> str:
    return f"{record['noun']} {record.get('name') or record.get('message') or record.get('key', '')}"


def _properties(had: Json, has: Json) -> str:
    had, has = had | (had.get("fields") or {}), has | (has.get("fields") or {})
    changed = {name: [had.get(name), has.get(name)] for name in has if had.get(name) != has.get(name)}
    changed.pop("fields", None)
    return json.dumps(changed, default=str)[:MOST_LETTERS]
