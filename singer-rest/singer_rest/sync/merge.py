"""What an update has to send: three-way merge for shared properties, lists that are only added to, blanks to fill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_rest.sync.field_rules import Rule

ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One property that the source changed: where the vendor keeps it, the value to be there, the value that was.

    `known_by` tells the items of a list apart; what `stays` came from the vendor's side itself; what was `tried` may
    have arrived.
    """

    name: str
    slot: str
    value: Any
    base: Any
    rule: Rule
    known_by: Callable[[Any], str] | None = None
    stays: bool = False
    tried: tuple[Any, ...] = ()

    def is_at_base(self, there: Any) -> bool:
        """Whether nobody but us changed the value at the vendor since it was agreed on."""
        bases = [one for one in (self.base, *self.tried) if one is not ABSENT]
        return any(same(there, one) or self.rule.same(there, one) for one in bases)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Both sides have another value, and the rule that decided."""

    wanted: Wanted
    there: Any
    rule: str


@dataclass(slots=True)
class Merged:
    """What to send, what the vendor keeps instead (slot's value by property), and what was decided."""

    body: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sent: list[Wanted] = field(default_factory=list)
    found: list[tuple[Wanted, Any]] = field(default_factory=list)
    disagreed: list[Disagreement] = field(default_factory=list)

    @property
    def disputed(self) -> set[str]:
        """The properties that both sides had changed, and whose value at the vendor stays."""
        changed = {one.wanted.name for one in self.disagreed if one.wanted.base is not ABSENT}
        return changed & self.kept.keys()

    def send(self, wanted: Wanted, value: Any) -> None:
        """Put a value into the body; `fields.1001` goes into its map."""
        outer, dot, inner = wanted.slot.partition(".")
        if dot:
            self.body.setdefault(outer, {})[inner] = value
        else:
            self.body[wanted.slot] = value
        self.sent.append(wanted)

    def keep(self, wanted: Wanted, there: Any, why: str) -> None:
        """Leave the vendor's value."""
        self.kept[wanted.name] = there
        self.notes.append(f"{wanted.name}: {why}")

    def disagree(self, wanted: Wanted, there: Any, rule: str, *, send: bool) -> None:
        """Record that both sides have their own value, and do what the rule says."""
        self.disagreed.append(Disagreement(wanted, there, rule))
        if send:
            self.notes.append(f"{wanted.name}: {rule}")
            self.send(wanted, wanted.value)
        else:
            self.keep(wanted, there, rule)


def merge(
    wanted: Iterable[Wanted],
    vendor: dict[str, Any] | None,
    *,
    added_to: frozenset[str],
    fill_blanks: bool = False,
    newest: Callable[[Wanted], bool] | None = None,
) -> Merged:
    """Decide each property against the vendor's record (None: it was not read, so nothing needs it).

    `fill_blanks` leaves everything that is there. `newest` says whether the source's side of a conflict is the newer.
    """
    merged = Merged()
    for one in wanted:
        there = slot_value(vendor, one.slot) if vendor is not None else ABSENT
        if same(there, one.value) or (there is not ABSENT and one.rule.same(there, one.value)):
            merged.found.append((one, there))
            continue
        if one.stays and vendor is not None:
            merged.kept[one.name] = there
        elif one.slot in added_to or one.rule.add_only:
            _add(merged, one, there)
        elif fill_blanks and (one.base is ABSENT or not one.rule.shared):
            _fill(merged, one, there)
        elif one.rule.shared and vendor is not None:
            _share(merged, one, there, newest)
        else:
            merged.send(one, one.value)
    return merged


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
    return sorted(map(mark, there)) == sorted(map(mark, value))


def blank(value: Any) -> bool:
    """Whether there is nothing."""
    return value is None or value in ("", [], {})


def together(
    there: list[Any] | None, more: list[Any] | None, known_by: Callable[[Any], str] | None = None
) -> list[Any]:
    """Give the vendor's list and what it lacks; `known_by` says what makes an item the same as another."""
    known_by = known_by or mark
    result = list(there or [])
    marks = {known_by(item) for item in result}
    for item in more or []:
        if known_by(item) not in marks:
            marks.add(known_by(item))
            result.append(item)
    return result


def _add(merged: Merged, wanted: Wanted, there: Any) -> None:
    existing = [] if there is ABSENT or not there else there
    result = together(existing, wanted.value, wanted.known_by)
    if len(result) != len(existing):
        merged.send(wanted, result)
    else:
        merged.found.append((wanted, there))


def _fill(merged: Merged, wanted: Wanted, there: Any) -> None:
    if blank(there):
        merged.send(wanted, wanted.value)
    elif not blank(wanted.value):
        merged.keep(wanted, there, "kept what was there")


def _share(merged: Merged, wanted: Wanted, there: Any, newest: Callable[[Wanted], bool] | None) -> None:
    if wanted.is_at_base(there) or (wanted.base is ABSENT and blank(there)):
        merged.send(wanted, wanted.value)
    elif wanted.base is ABSENT:
        merged.disagree(wanted, there, "no agreed value, so the destination's stays", send=False)
    elif newest(wanted) if newest else wanted.rule.owner == "source":
        merged.disagree(wanted, there, "changed on both sides, the source's value was written", send=True)
    else:
        merged.disagree(wanted, there, "changed on both sides, the destination's value stays", send=False)


def mark(item: Any) -> str:
    """Give what makes an item of a list the same as another: its key, or the text (a domain too) however typed."""
    if isinstance(item, dict):
        return str(item.get("key") or item.get("email") or item).casefold()
    text = str(item).strip().casefold()
    return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
