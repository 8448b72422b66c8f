"""Where the real API may do other than assumed with what a write sends: each bend is a switch of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.errors import bad_request

if TYPE_CHECKING:
    from sandbox.streak.store import Record, Store

BOX_SWITCHES = {
    "fields": "fields",
    "contacts": "links",
    "organizations": "links",
    "assignedToSharingEntries": "assignees",
}
CREATED = ("name", "notes", "stageKey", *BOX_SWITCHES)
PARTY_SWITCHES = {"fields": "fields", "contactLinks": "links", "orgLinks": "links"}
IDS = frozenset({"key", "stageKey", "value"})


def honoured(store: Store, when: str, body: Record) -> Record:
    """What of a box's body counts at its create or update; raises Refused."""
    names = CREATED if when == "create" else tuple(body)
    taken = {name: body[name] for name in names if name in body}
    for name, switch in BOX_SWITCHES.items():
        if taken.get(name) and _drops(store, f"{when}_{switch}", name):
            del taken[name]
    return taken


def honoured_at_party_create(store: Store, body: Record) -> Record:
    """What of the links and custom fields of a new contact or organization counts; raises Refused."""
    return {
        name: body[name]
        for name, switch in PARTY_SWITCHES.items()
        if body.get(name) and not _drops(store, f"party_create_{switch}", name)
    }


def _drops(store: Store, switch: str, name: str) -> bool:
    if store.settings[switch] == "refused":
        raise bad_request(f"Unexpected parameter: {name}")
    return bool(store.settings[switch] == "dropped")


def clears(store: Store, value: Any) -> bool:
    """Whether a blank value takes a value away; False: it is ignored. Raises Refused."""
    if value not in (None, "", []) or store.settings["clearing"] == "allowed":
        return True
    if store.settings["clearing"] == "refused":
        raise bad_request("Value must not be empty")
    return False


def numbered(store: Store, answer: Any) -> Any:
    """An answer with numbers for the text of ids and values, where a switch says so."""
    return _with_numbers(answer) if store.settings["ids"] == "numbers" else answer


def _with_numbers(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_with_numbers(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    return {name: _numbered(name, value) for name, value in answer.items()}


def _numbered(name: str, value: Any) -> Any:
    if name in IDS or name == "stageOrder":
        return _number(value)
    if name == "fields" and isinstance(value, dict):
        return {key: _number(inner) for key, inner in value.items()}
    return _with_numbers(value)


def _number(value: Any) -> Any:
    if isinstance(value, str) and value.isdecimal() and not value.startswith("0"):
        return int(value)
    return [_number(item) for item in value] if isinstance(value, list) else _with_numbers(value)
