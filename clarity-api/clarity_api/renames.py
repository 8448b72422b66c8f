"""Records in the contract's names and forms, and back: the `fields` and `forms` of a profile.

`shippingAddress.line1: shipTo.street` moves a nested field, `lineItems[].sku: rows[].code` one of each item of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, TypeAlias

from clarity_api.forms import to_contract, to_site

Record: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]
EACH = "[]."
ABSENT = object()


class Renames:
    """The two directions of one stream's names and forms."""

    def __init__(self, fields: Mapping[str, str | None], forms: Mapping[str, str]) -> None:
        """Take the shop's names and the forms of its values, by the contract's names."""
        pairs = [(contract, site) for contract, site in fields.items() if site is not None and site != contract]
        self.missing = frozenset(contract for contract, site in fields.items() if site is None)
        self._reading = _Moves((site, contract) for contract, site in pairs)
        self._writing = _Moves(pairs)
        self._forms = [(tuple(name.replace(EACH, ".[].").split(".")), form) for name, form in forms.items()]

    def to_contract(self, row: Record) -> Record:
        """A record of the shop in the contract's names and forms."""
        record = self._reading.applied(row)
        for path, form in self._forms:
            record = _changed(record, path, lambda value, form=form: to_contract(value, form))  # type: ignore[misc]
        return record

    def to_site(self, record: Record) -> Record:
        """A record, or a part of it, as the shop takes it; without what the shop does not have."""
        record = {name: value for name, value in record.items() if name not in self.missing}
        for path, form in self._forms:
            record = _changed(record, path, lambda value, form=form: to_site(value, form))  # type: ignore[misc]
        return self._writing.applied(record)


class _Moves:
    """Values that go from one path to another, all at once; and the same in the items of lists."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        plain: dict[Path, Path] = {}
        lists: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for source, target in pairs:
            (source_list, each, source_rest), (target_list, _, target_rest) = (
                source.partition(EACH),
                target.partition(EACH),
            )
            plain[tuple(source_list.split("."))] = tuple(target_list.split("."))
            if each:
                lists.setdefault((source_list, target_list), []).append((source_rest, target_rest))
        moves = {source: target for source, target in plain.items() if source != target}
        # the deepest leave first and arrive last, so that an object and its parts may both move
        self._moves = sorted(moves.items(), key=lambda move: -len(move[0]))
        self._lists = [(tuple(target.split(".")), _Moves(inner)) for (_, target), inner in lists.items()]

    def applied(self, record: Record) -> Record:
        """The record with its values where they go; the one that is given stays as it was."""
        taken = []
        for source, target in self._moves:
            record, value = _without(record, source)
            if value is not ABSENT:
                taken.append((target, value))
        for target, value in sorted(taken, key=lambda move: len(move[0])):
            record = _with(record, target, value)
        for path, moves in self._lists:
            record = _changed(record, path, moves.of_items)
        return record

    def of_items(self, items: Any) -> Any:
        """The same for each item of a list."""
        if not isinstance(items, list):
            return items
        return [self.applied(item) if isinstance(item, dict) else item for item in items]


def value_at(value: Any, place: str) -> Any:
    """What is at a dotted place of an answer; the answer itself for an empty one, None where nothing is."""
    steps = place.split(".") if place else ()
    return reduce(lambda inner, step: inner.get(step) if isinstance(inner, dict) else None, steps, value)


def _without(record: Record, path: Path) -> tuple[Record, Any]:
    """The record without what is at a path, and that; an object that is empty then goes, too."""
    head, *rest = path
    if head not in record:
        return record, ABSENT
    if not rest:
        return {name: value for name, value in record.items() if name != head}, record[head]
    if not isinstance(record[head], dict):
        return record, ABSENT
    inner, value = _without(record[head], tuple(rest))
    if value is not ABSENT and not inner:
        return {name: value for name, value in record.items() if name != head}, value
    return {**record, head: inner}, value


def _with(record: Record, path: Path, value: Any) -> Record:
    head, *rest = path
    if not rest:
        return {**record, head: value}
    inner = record.get(head)
    return {**record, head: _with(inner if isinstance(inner, dict) else {}, tuple(rest), value)}


def _changed(record: Record, path: Path, change: Callable[[Any], Any]) -> Record:
    """The record with what is at a path changed, where there is something; `[]` goes into each item of a list."""
    head, *rest = path
    if head not in record:
        return record
    value = record[head]
    if not rest:
        return {**record, head: change(value)}
    if rest[0] == "[]" and isinstance(value, list):
        inner = tuple(rest[1:])
        items = [_changed(item, inner, change) if isinstance(item, dict) else item for item in value]
        return {**record, head: items}
    return {**record, head: _changed(value, tuple(rest), change)} if isinstance(value, dict) else record
