"""What becomes of each property that the source changed: one table, by kind of property, who changed it and who wins.

`DECISIONS` is the table, row by row as ARCHITECTURE.md prints it; `decide` finds the row of a property.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from singer_rest.sync.field_rules import FieldRule

ABSENT: Any = object()
"""No value is known: a property without a merge base, a slot of a record that was not read."""


class Kind(StrEnum):
    """How a property is kept in step."""

    SHARED = "shared"
    """People may change it on both sides."""
    OWNED = "owned by the source"
    LIST = "list only added to"
    BLANK = "filled where blank"
    """People's values in a record that was found there stay."""
    CARRIED = "brought by the other direction"
    """The source has it from this very destination."""


class Changed(StrEnum):
    """Who changed a property since both sides had the merge base."""

    NEITHER = "equal now"
    SOURCE = "source"
    BOTH = "both"
    UNKNOWN = "no merge base"


class Decision(NamedTuple):
    """Send the source's value or leave the destination's; `note` says why, a conflict is kept for people."""

    sends: bool
    conflict: bool = False
    note: str = ""


class Row(NamedTuple):
    """One row of the table; `winner` is the owner or, with `conflict: newest`, the side of the newer change."""

    kind: Kind
    changed: Changed
    winner: str
    decision: Decision


ANY = "any"
SEND, LEAVE = Decision(sends=True), Decision(sends=False)
LOST = Decision(sends=False, note="not kept by the API")
"""What becomes of a value that was sent and, whichever way it went, is not there."""
DECISIONS = (
    Row(Kind.SHARED, Changed.NEITHER, ANY, LEAVE),
    Row(Kind.SHARED, Changed.SOURCE, ANY, SEND),
    Row(
        Kind.SHARED,
        Changed.BOTH,
        "source",
        Decision(sends=True, conflict=True, note="changed on both sides, the source's value was written"),
    ),
    Row(
        Kind.SHARED,
        Changed.BOTH,
        "destination",
        Decision(sends=False, conflict=True, note="changed on both sides, the destination's value stays"),
    ),
    Row(
        Kind.SHARED,
        Changed.UNKNOWN,
        ANY,
        Decision(sends=False, conflict=True, note="no agreed value, so the destination's stays"),
    ),
    Row(Kind.OWNED, Changed.NEITHER, ANY, LEAVE),
    Row(Kind.OWNED, Changed.SOURCE, ANY, SEND),
    Row(Kind.LIST, Changed.NEITHER, ANY, LEAVE),
    Row(Kind.LIST, Changed.SOURCE, ANY, SEND),
    Row(Kind.BLANK, Changed.NEITHER, ANY, LEAVE),
    Row(Kind.BLANK, Changed.SOURCE, ANY, SEND),
    Row(Kind.BLANK, Changed.UNKNOWN, ANY, Decision(sends=False, note="kept what was there")),
    Row(Kind.CARRIED, Changed.NEITHER, ANY, LEAVE),
    Row(Kind.CARRIED, Changed.UNKNOWN, ANY, LEAVE),
)
_TABLE = {(row.kind, row.changed, row.winner): row.decision for row in DECISIONS}


@dataclass(slots=True)
class PropertyChange:
    """One property that the source changed: the API's slot and value for it, its merge base there, its rule.

    `adds`: its list is only added to. `tried`: values that may have arrived with a request whose end nobody heard.
    `carried`: the source has the value from this destination. `decide` sets the rest: what is `there`, who `changed`
    it, the `decision`, and of a list that is added to the `whole` to send.
    """

    name: str
    slot: str
    value: Any
    base: Any
    rule: FieldRule
    adds: bool = False
    carried: bool = False
    tried: tuple[Any, ...] = ()
    whole: Any = None
    there: Any = ABSENT
    changed: Changed = Changed.SOURCE
    decision: Decision = SEND

    @property
    def to_send(self) -> Any:
        """What a request carries."""
        return self.value if self.whole is None else self.whole

    @property
    def is_equal(self) -> bool:
        """Whether both sides had the same value already."""
        return self.changed is Changed.NEITHER

    @property
    def is_kept(self) -> bool:
        """Whether the destination keeps a value of its own."""
        return not self.decision.sends and not self.is_equal

    @property
    def is_disputed(self) -> bool:
        """Whether both sides had changed it and the destination's value stays."""
        return self.is_kept and self.changed is Changed.BOTH

    def is_at_base(self) -> bool:
        """Whether nobody but us changed the value at the destination since the merge base."""
        bases = [value for value in (self.base, *self.tried) if value is not ABSENT]
        return any(same(self.there, base) or self.rule.same(self.there, base) for base in bases)


def decide(
    change: PropertyChange,
    vendor: dict[str, Any] | None,
    *,
    fill_blanks: bool = False,
    source_is_newer: Callable[[PropertyChange], bool] | None = None,
) -> PropertyChange:
    """Set what becomes of a change against the API's record (None: it was not read, so nothing needs it).

    `fill_blanks` leaves everything that is there. `source_is_newer`: with `conflict: newest`, whose change counts.
    """
    change.there = there = slot_value(vendor, change.slot) if vendor is not None else ABSENT
    if same(there, change.value) or (there is not ABSENT and change.rule.same(there, change.value)):
        change.changed, change.decision = Changed.NEITHER, LEAVE
        return change
    kind = _kind(change, vendor, fill_blanks=fill_blanks)
    change.changed = _who_changed(kind, change)
    winner = ANY
    if (kind, change.changed) == (Kind.SHARED, Changed.BOTH):
        from_source = source_is_newer(change) if source_is_newer else change.rule.owner == "source"
        winner = "source" if from_source else "destination"
    change.decision = _TABLE[kind, change.changed, winner]
    return change


def _kind(change: PropertyChange, vendor: dict[str, Any] | None, *, fill_blanks: bool) -> Kind:
    if change.carried and vendor is not None:
        return Kind.CARRIED
    if change.adds:
        return Kind.LIST
    if fill_blanks and (change.base is ABSENT or not change.rule.shared):
        return Kind.BLANK
    return Kind.SHARED if change.rule.shared and vendor is not None else Kind.OWNED


def _who_changed(kind: Kind, change: PropertyChange) -> Changed:
    """Say who changed a property whose value differs at the destination."""
    if kind is Kind.LIST:
        return Changed.SOURCE if _add_items(change) else Changed.NEITHER
    if kind is Kind.OWNED or (kind is Kind.SHARED and change.is_at_base()):
        return Changed.SOURCE
    if kind is Kind.SHARED and change.base is not ABSENT:
        return Changed.BOTH
    return Changed.SOURCE if kind is not Kind.CARRIED and blank(change.there) else Changed.UNKNOWN


def _add_items(change: PropertyChange) -> bool:
    """Make the list to send of what is there and what it lacks; False when it lacks nothing."""
    existing = [] if change.there is ABSENT or not change.there else change.there
    change.whole = together(existing, change.value, change.rule.item_key)
    return len(change.whole) > len(existing)


def slot_value(vendor: dict[str, Any], slot: str) -> Any:
    """Give what the vendor has in a slot; None when nothing is there."""
    outer, dot, inner = slot.partition(".")
    value = vendor.get(outer)
    return (value or {}).get(inner) if dot else value


def same(there: Any, value: Any) -> bool:
    """Whether the vendor has this value: blank is blank, numbers and their text are one."""
    if there is ABSENT:
        return False
    if blank(there) and blank(value):
        return True
    if isinstance(there, dict) and isinstance(value, dict):
        return all(same(there.get(name), inner) for name, inner in value.items())
    if isinstance(there, list) and isinstance(value, list):
        return same_items(there, value)
    if isinstance(there, bool) or isinstance(value, bool) or blank(there) or blank(value):
        return bool(there == value)
    return str(there) == str(value)


def same_items(there: list[Any], value: list[Any]) -> bool:
    """Whether two lists hold the same, in any order; objects without a key have no order to be sorted by."""
    if any(isinstance(item, dict) and not (item.get("key") or item.get("email")) for item in value):
        return len(there) == len(value) and all(map(same, there, value))
    return sorted(map(item_key, there)) == sorted(map(item_key, value))


def blank(value: Any) -> bool:
    """Whether there is nothing."""
    return value is None or value in ("", [], {})


def together(there: list[Any] | None, more: list[Any] | None, key: Callable[[Any], str] | None = None) -> list[Any]:
    """Give the vendor's list and what it lacks; `key` says what makes an item the same as another."""
    key = key or item_key
    result = list(there or [])
    known = {key(item) for item in result}
    for item in more or []:
        if key(item) not in known:
            known.add(key(item))
            result.append(item)
    return result


def item_key(item: Any) -> str:
    """Give what makes an item of a list the same as another: its key, or the text (a domain too) however typed."""
    if isinstance(item, dict):
        return str(item.get("key") or item.get("email") or item).casefold()
    text = str(item).strip().casefold()
    return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
