"""Whether a box is an order's own, though nobody remembers: what stands on both is compared.

An order's id alone says nothing: two shops count from 1. A field that the mapping declares as the shop's mark tells for
certain; else the values that do not change at the source weigh most, and those that people may have edited least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from singer_rest import FieldRules, Ledger, Record
from streak_api.fields import decode, milliseconds, plain_text
from streak_api.paging import Row

from target_streak.catalog import Catalog

ADOPTED, CANDIDATES = "adopted", "may be ours"
READ, REBUILT, ELSEWHERE, SEEN, OURS = "read", "linked by id alone", "linked elsewhere", "seen", "ours"
"""How far a pipeline's boxes are known, which the ledger keeps under ADOPTED; the last two need no look any more."""
CERTAIN, UNCHANGING, INSTANT, USUAL = 1000, 3, 2, 1
TELLING_TYPES = frozenset({"TEXT_INPUT", "DATE"})
LONGEST, SHORTEST = 100, 4
"""Shorter texts (a currency, a count) are alike in many orders."""
HALF_A_DAY = 12 * 3_600_000
PREFIX = "fieldValues."

Lookup = Callable[[str], Any]


class Evidence:
    """What speaks for and against a box being that of a record, in points: above 0 it is; None where nothing tells."""

    def __init__(self, catalog: Catalog, fields: FieldRules) -> None:
        self._catalog, self._fields = catalog, fields
        self.mark = next((name for name, rule in fields.items() if rule.shop_mark), None)

    def of_box(self, record: Record, box: Row) -> int | None:
        """Compare a record with a box as Streak shows it.

        Names are people's to change, so another one speaks against a box only where nothing else tells, and we made it.
        """
        points = self.of_values(record, lambda name: self._shown(box, name.removeprefix(PREFIX)))
        ours, theirs = _text(record.values.get("name")), _text(box.get("name"))
        if not ours or not theirs:
            return points
        if ours == theirs:
            return (points or 0) + USUAL
        is_ours = box.get("creatorKey") == self._catalog.account.user_key
        return -USUAL if points is None and is_ours else points

    def of_values(self, record: Record, there: Lookup) -> int | None:
        """Compare a record's custom fields with those that `there` gives by name."""
        if self.mark and (ours := _text(record.values.get(self.mark))) and (theirs := _text(there(self.mark))):
            return CERTAIN if ours == theirs else -CERTAIN
        points, compared, taken = 0, False, list[str]()
        for weight, name in self._telling(record):
            ours, theirs = record.values[name], there(name)
            text = _text(ours)
            if theirs is None or theirs == "" or (weight == USUAL and any(text in other for other in taken)):
                continue
            taken.append(text)
            points, compared = points + (weight if _same(ours, theirs) else -weight), True
        return points if compared else None

    def differing(self, record: Record, box: Row) -> str | None:
        """Name the weightiest field that speaks against a box, for a person."""
        names = ([self.mark] if self.mark else []) + [name for _, name in self._telling(record)]
        for name in names:
            theirs = self._shown(box, name.removeprefix(PREFIX))
            if theirs not in {None, ""} and name in record.values and not _same(record.values[name], theirs):
                return name.removeprefix(PREFIX)
        return None

    def _telling(self, record: Record) -> list[tuple[int, str]]:
        """The fields that tell orders apart, the weightiest and then the longest first: they contain the others."""
        telling = []
        for name, value in record.values.items():
            rule = self._fields[name]
            if not name.startswith(PREFIX) or rule.identity or rule.shared or isinstance(value, bool | list):
                continue
            instant = milliseconds(value) if isinstance(value, str) and "T" in value else None
            is_own_date = instant is not None and instant == milliseconds(record.source.date)
            weight = UNCHANGING if rule.unchanging or is_own_date else USUAL if instant is None else INSTANT
            if weight > USUAL or len(_text(value)) >= SHORTEST:
                telling.append((weight, name))
        return sorted(telling, key=lambda each: (-each[0], -len(_text(record.values[each[1]]))))

    def _shown(self, box: Row, name: str) -> Any:
        """What a box shows in a custom field: text, an ISO instant or a label; None where nothing can be compared."""
        field = self._catalog.field_or_none(str(box["pipelineKey"]), name)
        value = (box.get("fields") or {}).get(field.key) if field else None
        if field is None or value is None:
            return None
        is_mark = f"{PREFIX}{name}" == self.mark
        return decode(field, value, lambda *_: None) if is_mark or field.type in TELLING_TYPES else None


def unsure_boxes(ledger: Ledger) -> set[str]:
    """The boxes that were linked by the order id alone in pipelines where the mapping makes none."""
    elsewhere = {(each.scope, each.name) for each in ledger.bindings.of_kind(ADOPTED) if each.vendor_key == ELSEWHERE}
    found = ledger.bindings.of_kind(CANDIDATES) if elsewhere else []
    texts = (each.vendor_key for each in found if (each.scope, each.name) in elsewhere)
    return {key for text in texts for keys in msgspec.json.decode(text).values() for key in keys}


def values_of(contents: Mapping[str, Any]) -> Lookup:
    """What the ledger remembers of a record, as `Evidence.of_values` takes it."""
    values = {name: value for content in contents.values() for name, value in content.values.items()}
    return values.get


def _same(ours: Any, theirs: Any) -> bool:
    if _text(ours) == _text(theirs):
        return True
    instant, other = milliseconds(ours), milliseconds(theirs)
    if not isinstance(ours, str) or instant is None or other is None:
        return False
    # a date without a time is kept as some hour of that day
    return instant == other or (other % HALF_A_DAY == 0 and abs(instant - other) < 2 * HALF_A_DAY)


def _text(value: Any) -> str:
    """A value as it is compared: numbers are their digits; spaces and capitals do not count."""
    text = " ".join((plain_text(value) or "").split()).casefold()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() and abs(number.adjusted()) < LONGEST else text
