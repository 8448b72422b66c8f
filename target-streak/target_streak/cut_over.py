"""Boxes that another tool made are matched with orders by a text in them: kept in step instead of doubled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from singer_rest import AmbiguousMatch, FatalRunError, Record
from streak_api.fields import plain_text
from streak_api.names import listed, nearest
from streak_api.paging import Row

from target_streak.catalog import Catalog
from target_streak.dedupe_index import DedupeIndex
from target_streak.requirements import Requirements
from target_streak.team_lists import TeamLists

TEXT_TYPES = ("TEXT_INPUT", "FORMULA")
HELP = "write the order's id into the one that is meant, or delete the others, then"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a box shows which order it is of: in a field, or in its name; and what of the order stands there."""

    field: str | None
    name: re.Pattern[str] | None
    equals: str | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Rule | None:
        """The rule of the settings; None when there is none. FatalRunError for what can't be a rule."""
        field, name, equals = (config.get(f"adopt_{part}") or None for part in ("field", "name", "equals"))
        if not field and not name:
            if equals:
                raise FatalRunError(
                    "adopt_equals says what boxes are compared with: set adopt_field or adopt_name, too"
                )
            return None
        return cls(field, _pattern(name) if name else None, equals)

    def text(self, box: Row, field_key: str | None) -> str | None:
        """What a box shows."""
        text = _folded((box.get("fields") or {}).get(field_key)) if field_key else None
        if text is None and self.name and (match := self.name.search(str(box.get("name") or ""))):
            text = _folded(match[1])
        return text

    def wanted(self, record: Record) -> str | None:
        """What a box of this record shows."""
        return _folded(record.values.get(f"fieldValues.{self.equals}") if self.equals else record.external_id)

    def check(self, requirements: Requirements) -> None:
        """Raise FatalRunError when `adopt_equals` names a field that the records do not fill."""
        fields = {field.name for field in requirements.fields}
        if self.equals and fields and self.equals not in fields:
            raise FatalRunError(
                f"adopt_equals names the field {self.equals!r}, which the records do not fill"
                f"{nearest(self.equals, fields)} (they fill {listed(sorted(fields))})"
            )


class CutOver:
    """The boxes of one run that the ledger does not know, by order id and by what they show.

    `plan` is the file of a dry run's plan, None without a dry run, empty where it has no file.
    """

    def __init__(self, rule: Rule, catalog: Catalog, lists: TeamLists, dedupe: DedupeIndex, plan: str | None) -> None:
        self._rule, self._catalog, self._lists, self._dedupe, self._plan = rule, catalog, lists, dedupe, plan
        self._lock = Lock()
        self._read = False
        self._boxes: set[str] = set()
        self._by_id: dict[str, list[Row]] = {}
        self._by_text: dict[str, list[Row]] = {}
        self._matched: dict[str, str] = {}
        self._ambiguous: dict[str, str] = {}
        self._without: set[str] = set()
        self._fields: dict[str, str | None] = {}

    def prepare(self, requirements: Requirements) -> None:
        """Find the field in the pipelines of the mapping. FatalRunError when the settings name what does not exist."""
        self._rule.check(requirements)
        named = [pipeline for pipeline in self._catalog.pipelines if pipeline.name in requirements.pipelines]
        pipelines = named if requirements.pipelines else self._catalog.pipelines
        every = [field for pipeline in pipelines for field in pipeline.fields]
        fitting = [field for field in every if field.name == self._rule.field]
        if self._rule.field and not fitting:
            known = sorted({field.name for field in every})
            raise FatalRunError(
                f"adopt_field names the field {self._rule.field!r}, which no pipeline of the mapping has"
                f"{nearest(self._rule.field, known)} (there are {listed(known)})"
            )
        if wrong := next((field for field in fitting if field.type not in TEXT_TYPES), None):
            raise FatalRunError(
                f"adopt_field names {wrong.name!r}, a {wrong.type} field: an order's number stands in text"
            )
        self._fields = {
            pipeline.key: next((field.key for field in pipeline.fields if field.name == self._rule.field), None)
            for pipeline in pipelines
        }

    def find(self, record: Record, fits: Callable[[Row], bool] = bool) -> Row | None:
        """The box that another tool made for this order. AmbiguousMatch when several could be meant.

        One that carries the order's id must also be this shop's: `fits` says so.
        """
        with self._lock:
            if not self._read:
                self._read_boxes()
            ours = [box for box in self._by_id.get(_folded(record.external_id) or "", []) if fits(box)]
            boxes = ours[:1] or self._by_text.get(self._rule.wanted(record) or "", [])
            if not boxes:
                self._without.add(record.external_id)
                return None
            self._claim(record.external_id, [str(box["key"]) for box in boxes])
            self._dedupe.note(boxes)
        return boxes[0]

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row of the plan for each box that the ledger did not know."""
        for key in sorted(self._boxes):
            order = self._matched.get(key) or self._ambiguous.get(key)
            yield {"adopt": self._fate(key), "box": key, **({"externalId": order} if order else {})}

    def report(self) -> Iterator[str]:
        """One line about what became of these boxes, once they were read."""
        if not self._read:
            return
        fates = Counter(self._fate(key) for key in self._boxes)
        orders = len(set(self._ambiguous.values()))
        where = f", see {self._plan}" if self._plan else ", named above; a dry_run_file would list them"
        if self._plan is None:
            where = ", see `dead-letters list`"
        yield (
            f"cut-over: {len(self._boxes):,} boxes were not known: {fates['matched']:,} matched, "
            f"{fates['ambiguous']:,} ambiguous (for {orders:,} orders{where if orders else ''}), "
            f"{fates['unmatched']:,} unmatched; {len(self._without):,} orders have no box there"
        )

    def _claim(self, order: str, keys: Sequence[str]) -> None:
        taken = {other for key in keys if (other := self._matched.get(key)) not in {None, order}}
        if taken:
            raise AmbiguousMatch(f"box {keys[0]} fits order {', '.join(map(str, taken))}, too", code="ambiguous")
        if len(keys) > 1:
            self._ambiguous.update(dict.fromkeys(keys, order))
            then = "retry this letter" if self._plan is None else "run again"
            raise AmbiguousMatch(f"boxes {', '.join(keys)} fit: {HELP} {then}", code="ambiguous")
        self._matched[keys[0]] = order

    def _read_boxes(self) -> None:
        """Read the boxes of the pipelines; those that the ledger knows belong to somebody."""
        ledger = self._catalog.ledger
        linked = ledger.links.keys("boxes").keys() | ledger.neighbours.keys("boxes")
        for pipeline_key, field_key in self._fields.items():
            id_field = self._catalog.order_id_field(pipeline_key)
            for box in self._lists.boxes(pipeline_key):
                if str(box["key"]) in linked:
                    continue
                self._boxes.add(str(box["key"]))
                order_id = _folded((box.get("fields") or {}).get(id_field)) if id_field else None
                if order_id:
                    self._by_id.setdefault(order_id, []).append(box)
                elif text := self._rule.text(box, field_key):
                    self._by_text.setdefault(text, []).append(box)
        self._read = True

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
    """A text as it is compared: numbers are their digits; spaces, capitals and a # in front do not count."""
    text = plain_text(value)
    return (text.strip().removeprefix("#").strip().casefold() or None) if text else None
