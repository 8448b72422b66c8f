"""Contacts and organizations that the team has, linked by what a record of the source will name them by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from target_streak.team_lists import made_at, name_of, natural_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_rest.ledger import Ledger

NAMELESS = "without e-mail"
MARKS = {"contacts": ("email:",), "organizations": ("domain:", "name:")}
AT_ONCE = 500


@dataclass(slots=True)
class Parties:
    """What was found of one stream: records, marks linked now and in all, the keys that share a mark."""

    records: int = 0
    marks: int = 0
    linked: int = 0
    twice: list[list[str]] = field(default_factory=list)


def adopt_parties(ledger: Ledger, stream: str, records: Iterable[dict[str, Any]]) -> Parties:
    """Link every mark (e-mail, domain, name) that the ledger does not know to the oldest record that has it."""
    found, by_mark = Parties(), dict[str, list[dict[str, Any]]]()
    for record in records:
        found.records += 1
        for mark in dict.fromkeys(natural_keys(stream, record)):
            if mark.startswith(MARKS[stream]):
                by_mark.setdefault(mark, []).append(record)
    for those in by_mark.values():
        those.sort(key=made_at)
    found.marks = len(by_mark)
    found.twice = [[str(one["key"]) for one in those] for those in by_mark.values() if len(those) > 1]
    new = {mark: str(those[0]["key"]) for mark, those in by_mark.items() if ledger.links.get(stream, mark) is None}
    for some in _in_parts(new):
        ledger.links.adopt(stream, some, "was there before")
    found.linked = len(new)
    return found


def adopt_by_name(ledger: Ledger, contacts: Iterable[dict[str, Any]], maker: str) -> Parties:
    """Remember the contacts without e-mail that we made: a record without one takes the first of its name."""
    found, by_name = Parties(), dict[str, list[str]]()
    for contact in sorted(contacts, key=made_at):
        if not contact.get("emailAddresses") and contact.get("creatorKey") == maker:
            found.records += 1
            by_name.setdefault(name_of(contact), []).append(str(contact["key"]))
    for name, keys in by_name.items():
        ledger.bindings.bind(NAMELESS, "contacts", name, msgspec.json.encode(keys).decode())
    found.twice = [keys for keys in by_name.values() if len(keys) > 1]
    return found


def of_name(ledger: Ledger, name: str) -> list[str]:
    """Give the keys of the contacts that were remembered by name, the oldest first."""
    text = ledger.bindings.get(NAMELESS, "contacts", name)
    return list(msgspec.json.decode(text)) if text else []


def _in_parts(keys: dict[str, str]) -> Iterator[dict[str, str]]:
    names = list(keys)
    for first in range(0, len(names), AT_ONCE):
        yield {name: keys[name] for name in names[first : first + AT_ONCE]}
