"""Boxes that another tool made are matched with orders by a text in them: kept in step instead of doubled."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from singer_rest.errors import AmbiguousMatch, FatalRunError

from target_streak.box_lists import boxes_of
from target_streak.dedupe_index import note_effects
from target_streak.names import listed, nearest
from target_streak.values import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_rest.sync.record import Record

    from target_streak.needs import Needs
    from target_streak.target import TargetStreak

TEXTS = ("TEXT_INPUT", "FORMULA")
HELP = "write the order's id into the one that is meant, or delete the others, then"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a box tells which order it is of: in a field, or in its name; and what of the order stands there."""

    field: str | None
    name: re.Pattern[str] | None
    equals: str | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Rule | None:
        """Take the settings; None when there are none. FatalRunError for what can't be a rule."""
        field, name, equals = (config.get(f"adopt_{part}") or None for part in ("field", "name", "equals"))
        if not field and not name:
            if equals:
                raise FatalRunError(
                    "adopt_equals says what boxes are compared with: set adopt_field or adopt_name, too"
                )
            return None
        return cls(field, _pattern(name) if name else None, equals)

    def text(self, box: dict[str, Any], field_key: str | None) -> str | None:
        """Give what the box says."""
        said = _folded((box.get("fields") or {}).get(field_key)) if field_key else None
        if said is None and self.name and (found := self.name.search(str(box.get("name") or ""))):
            said = _folded(found[1])
        return said

    def wanted(self, record: Record) -> str | None:
        """Give what a box of this record says."""
        return _folded(record.values.get(f"fieldValues.{self.equals}") if self.equals else record.external_id)


class CutOver:
    """The boxes of one run that the ledger does not know, by order id and by what they say."""

    def __init__(self, target: TargetStreak, rule: Rule) -> None:
        self._target, self._rule = target, rule
        self._lock = Lock()
        self._read = False
        self._boxes: dict[str, str | None] = {}
        self._by_id: dict[str, list[dict[str, Any]]] = {}
        self._by_text: dict[str, list[dict[str, Any]]] = {}
        self._matched: dict[str, str] = {}
        self._ambiguous: dict[str, str] = {}
        self._without: set[str] = set()
        self._fields: dict[str, str | None] = {}

    def prepare(self, needs: Needs) -> None:
        """Find the field in the pipelines of the mapping. FatalRunError when the settings name what is not there."""
        fields = {need.name for need in needs.fields}
        if self._rule.equals and fields and self._rule.equals not in fields:
            raise FatalRunError(
                f"adopt_equals names the field {self._rule.equals!r}, which the records do not fill"
                f"{nearest(self._rule.equals, fields)} (they fill {listed(sorted(fields))})"
            )
        directory = self._target.workspace.connect().directory
        named = {one.key for one in directory.pipelines if one.name in needs.pipelines}
        places = [one for one in directory.pipelines if one.key in named or not needs.pipelines]
        there = {one.key: field for one in places for field in one.fields if field.name == self._rule.field}
        if self._rule.field and not there:
            known = sorted({field.name for one in places for field in one.fields})
            raise FatalRunError(
                f"adopt_field names the field {self._rule.field!r}, which no pipeline of the mapping has"
                f"{nearest(self._rule.field, known)} (there are {listed(known)})"
            )
        if wrong := next((field for field in there.values() if field.type not in TEXTS), None):
            raise FatalRunError(
                f"adopt_field names {wrong.name!r}, a {wrong.type} field: an order's number stands in text"
            )
        self._fields = {one.key: there[one.key].key if one.key in there else None for one in places}

    def find(self, record: Record) -> dict[str, Any] | None:
        """Give the box that another tool made for this order. AmbiguousMatch when several could be meant."""
        with self._lock:
            if not self._read:
                self._read_boxes()
            ours = self._by_id.get(_folded(record.external_id) or "", [])
            found = ours[:1] or self._by_text.get(self._rule.wanted(record) or "", [])
            if not found:
                self._without.add(record.external_id)
                return None
            self._claim(record, found)
            note_effects(self._target.ledger, found)
        self._target.forget_what_boxes_had()
        return found[0]

    def _claim(self, record: Record, found: list[dict[str, Any]]) -> None:
        keys = [str(box["key"]) for box in found]
        taken = {other for key in keys if (other := self._matched.get(key)) not in {None, record.external_id}}
        if taken:
            raise AmbiguousMatch(f"box {keys[0]} fits order {', '.join(map(str, taken))}, too", code="ambiguous")
        if len(keys) > 1:
            self._ambiguous.update(dict.fromkeys(keys, record.external_id))
            then = "run again" if self._target.dry_run else "retry this letter"
            raise AmbiguousMatch(f"boxes {', '.join(keys)} fit: {HELP} {then}", code="ambiguous")
        self._matched[keys[0]] = record.external_id

    def _read_boxes(self) -> None:
        """Read the boxes of the pipelines, the oldest last; those that the ledger knows belong to somebody."""
        target = self._target
        for pipeline_key, field_key in self._fields.items():
            id_field = target.workspace.order_id_field(pipeline_key)
            for box in boxes_of(target.client, pipeline_key):
                if target.ledger.links.to_key("boxes", str(box["key"])):
                    continue
                order_id = _folded((box.get("fields") or {}).get(id_field)) if id_field else None
                text = None if order_id else self._rule.text(box, field_key)
                self._boxes[str(box["key"])] = order_id or text
                if order_id:
                    self._by_id.setdefault(order_id, []).insert(0, box)
                elif text:
                    self._by_text.setdefault(text, []).insert(0, box)
        self._read = True

    # what is told

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give one row for each box that the ledger did not know."""
        for key in self._boxes:
            order = self._matched.get(key) or self._ambiguous.get(key)
            yield {"adopt": self._fate(key), "box": key, **({"externalId": order} if order else {})}

    def report(self) -> Iterator[str]:
        """Tell what became of these boxes."""
        if not self._read:
            return
        fates = Counter(self._fate(key) for key in self._boxes)
        orders = len(set(self._ambiguous.values()))
        where = self._where_told() if orders else ""
        yield (
            f"cut-over: {len(self._boxes):,} boxes were not known: {fates['matched']:,} matched, "
            f"{fates['ambiguous']:,} ambiguous (for {orders:,} orders{where}), "
            f"{fates['unmatched']:,} unmatched; {len(self._without):,} orders have no box there"
        )

    def _where_told(self) -> str:
        if not self._target.dry_run:
            return ", see --dead-letters list"
        plan = self._target.config.get("dry_run_file")
        return f", see {plan}" if plan else ", named above; a dry_run_file would list them"

    def _fate(self, key: str) -> str:
        return "ambiguous" if key in self._ambiguous else "matched" if key in self._matched else "unmatched"


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as wrong:
        raise FatalRunError(f"adopt_name is no regular expression: {wrong}") from None
    if pattern.groups != 1:
        raise FatalRunError(
            rf"adopt_name has {pattern.groups} groups: put the order's number in brackets, just it, as in Order #(\d+)"
        )
    return pattern


def _folded(value: Any) -> str | None:
    """Give a text as it is compared: numbers are their digits; spaces, capitals and a # in front do not count."""
    text = plain_text(value)
    return (text.strip().removeprefix("#").strip().casefold() or None) if text else None
