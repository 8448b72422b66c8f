"""One state record against what the ledger knows: what was agreed, what the source changed since."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_rest.errors import RecordRejected
from singer_rest.ledger import Conflict
from singer_rest.sync.intents import WriteIntent
from singer_rest.sync.loop_prevention import PLACE, WROTE, carried_items, reverse_contents, wrote
from singer_rest.sync.merge import ABSENT, Merged, Wanted, blank, mark, same, same_items, slot_value, together
from singer_rest.sync.merge_base import MERGE_BASE, MergeBase, merge_bases
from singer_rest.sync.record import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest.ledger import Content, Held
    from singer_rest.sync.record import Record
    from singer_rest.sync.references import Resolved
    from singer_rest.target.sink import RestSink


@dataclass(frozen=True)
class Case:
    """A record under its lease. Values that begin with `@` are the API's side: its last agreed value, the place.

    `key` is the API's record where the ledger does not know it yet.
    """

    sink: RestSink
    record: Record
    held: Held
    key: str | None = None

    @cached_property
    def own(self) -> Content | None:
        """What this flow last wrote."""
        return self.held.content(self.record.flow)

    @cached_property
    def base(self) -> dict[str, Any]:
        """What was agreed: by this flow, else by the others."""
        if self.own is not None:
            return self.own.values
        return {name: value for content in self.held.contents.values() for name, value in content.values.items()}

    @cached_property
    def reverse_contents(self) -> list[Content]:
        """What the other target wrote or read of the source's record."""
        return reverse_contents(self.sink, self.record)

    @cached_property
    def agreed(self) -> dict[str, MergeBase]:
        """The latest agreement of each shared property, whichever direction made it."""
        key = self.key or (self.held.link.vendor_key if self.held.link else None)
        if not (self.sink.rules.agreed or self.sink.rules.added_to) or key is None:
            return {}
        return merge_bases(self.base, self.reverse_contents, f"{self.sink.stream}:{key}", self.sink.rules)

    @cached_property
    def attempt(self) -> WriteIntent:
        """What was sent for the record without the ledger knowing the end."""
        return WriteIntent(self.sink, self.record, self.held.intent)

    @property
    def place(self) -> str | None:
        """The place where the record is, as far as is known without asking."""
        return self.base.get(PLACE) or self.sink.place(self.record)

    def wanted(self, place: str | None, *, creating: bool = False) -> Iterator[Wanted]:
        """Give the properties that the source changed, or (creating) all, encoded for the API."""
        for name, value in self.record.values.items():
            if self.sink.is_reference(name) or not (
                self.is_changed(name, value) or (creating and not self._stays(name))
            ):
                continue
            stays = self._came_over(name)
            if stays and self.sink.adds(name):
                continue
            if (encoded := self.sink.encode(name, value, place)) is not None:
                rule = self.sink.rules[name]
                base = self._base_of(name, place) if rule.shared else ABSENT
                sent = self.attempt.sent(name)
                yield Wanted(name, *encoded, base, rule, self.sink.known_by.get(name), stays, sent)

    @cached_property
    def relinks(self) -> bool:
        """Whether the record refers to others that it did not refer to before."""
        return any(
            self.sink.is_reference(name) and self.is_changed(name, value) for name, value in self.record.values.items()
        )

    def is_changed(self, name: str, value: Any) -> bool:
        """Whether the source changed a property since it was agreed on, or written."""
        if self.base and self.sink.rules[name].only_creates(self.record.flow):
            return False
        if self.attempt.sent(name):
            return True
        agreed = self.agreed.get(name)
        if agreed is None or agreed.ours or name not in self.record.said:
            return not self.sink.agrees(name, self.base.get(name), value)
        return not agreed.is_newer_than(self.record) and agreed.differs(self.record.said[name])

    def _came_over(self, name: str) -> bool:
        """Whether the source has a property from the other target, which adds to its list there and never takes away.

        One item of such a list says so only of a record that is seen for the first time: later it may be chosen again.
        """
        origin, said = self.sink.rules[name].origin, self.record.said.get(name)
        if not origin or blank(said) or not (self.own is None or isinstance(said, list)):
            return False
        known = carried_items(self.reverse_contents, origin)
        return all(mark(one) in known for one in (said if isinstance(said, list) else [said]))

    def _stays(self, name: str) -> bool:
        """Whether the other direction agreed on a property of a record that this one sees for the first time."""
        agreed = self.agreed.get(name)
        return agreed is not None and not agreed.ours

    def _base_of(self, name: str, place: str | None) -> Any:
        """Give the API's last agreed value of a shared property; ABSENT when there is none."""
        agreed = self.agreed.get(name)
        if agreed is not None and not agreed.ours:
            return self._word(name, agreed.there, place)
        if f"@{name}" in self.base:
            return self.base[f"@{name}"]
        if name not in self.base:
            return ABSENT if agreed is None else agreed.there
        return self._word(name, self.base[name], place)

    def _word(self, name: str, value: Any, place: str | None) -> Any:
        encoded = self._encoded(name, value, place)
        return encoded[1] if encoded else ABSENT

    def _encoded(self, name: str, value: Any, place: str | None) -> tuple[str, Any] | None:
        """Give slot and value for the API; None too where somebody made the field anew and its type does not fit."""
        try:
            return self.sink.encode(name, value, place)
        except RecordRejected:
            return None

    # what is remembered

    def remember(
        self, key: str | None, result: str, merged: Merged, resolved: Resolved, vendor: dict[str, Any] | None = None
    ) -> str:
        """Keep in the ledger what was written, what the API keeps instead and where it is; gives what was decided."""
        values = {name: value for name, value in self.base.items() if name != WROTE}
        for name, value in self.record.values.items():
            adds = self.sink.adds(name) and isinstance(value, list) and value
            values[name] = together(values.get(name), value) if adds else value
            values.pop(f"@{name}", None)
        for name in resolved.incomplete:
            values.pop(name, None)
        values |= {f"@{name}": there for name, there in merged.kept.items()}
        arrived = (one for one, there in merged.found if any(same(there, value) for value in one.tried))
        if mine := wrote(self.base, values, [*merged.sent, *arrived]):
            values[WROTE] = mine
        place = self.sink.place_of(vendor) if vendor else None
        values |= {SOURCE: self.record.source.mark} | ({PLACE: place} if place else {})
        if news := self._agreements(merged, vendor):
            values[MERGE_BASE] = {**(self.base.get(MERGE_BASE) or {}), **news}
        detail = "; ".join(merged.notes)
        self.sink.target.summary.disagree(len(merged.disagreed))
        self.sink.ledger.links.written(
            self.sink.stream,
            self.record.external_id,
            vendor_key=key,
            flow=self.record.flow,
            content=self.record.content(values, complete=not resolved.incomplete),
            result=result,
            detail=detail,
            disagreed=[self._conflict(one, place) for one in merged.disagreed],
        )
        return detail

    def _agreements(self, merged: Merged, vendor: dict[str, Any] | None) -> dict[str, Any]:
        """Give what both sides agree on now, as it is stored."""
        there = {one.name: self.record.values[one.name] for one in merged.sent if one.name in self.record.values}
        for one, value in merged.found:
            equal = one.rule.equivalent and value != one.value
            there[one.name] = value if equal else self.record.values.get(one.name)
        there |= {name: None for name in self._silent(vendor) if name not in self.agreed}
        for name in merged.kept:
            before = self.agreed.get(name)
            there[name] = before.there if before is not None else ABSENT
        settled = {name: there[name] for name in self.sink.rules.agreed if name in there}
        settled |= self._first_items(merged, vendor)
        moved = self._moved_on(merged, vendor)
        return {
            name: self._agreement(name, word, None if name in moved else vendor, disputed=name in merged.disputed)
            for name, word in settled.items()
            if name in self.record.said
        }

    def _moved_on(self, merged: Merged, vendor: dict[str, Any] | None) -> set[str]:
        """Give what somebody changed there while we wrote: the API's record, as it is now, was never agreed on."""
        meant = [(one, one.value) for one in merged.sent] + merged.found
        return {
            one.name
            for one, value in meant
            if vendor is not None and one.rule.shared and not same(slot_value(vendor, one.slot), value)
        }

    def _first_items(self, merged: Merged, vendor: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
        """Give the first item of each list that the source's one value is in, unless people put another there."""
        for one in (*merged.sent, *(found for found, _ in merged.found)):
            is_added = one.name in self.sink.rules.added_to and not isinstance(self.record.said.get(one.name), list)
            if is_added and (items := slot_value(vendor or {}, one.slot)):
                before = self.agreed.get(one.name)
                if same_items(items[:1], one.value[:1]) or (before is not None and same(items[0], before.there)):
                    yield one.name, items[0]

    def _agreement(self, name: str, there: Any, vendor: dict[str, Any] | None, *, disputed: bool) -> dict[str, Any]:
        before = self.agreed.get(name)
        at = max(time.time_ns() // 1_000_000, before.at + 1 if before is not None else 0)
        revision = self.record.source.revision, self.sink.revision(vendor) if vendor is not None else None
        said = self.record.said.get(name)
        return MergeBase(said, there, *revision, at, disputed=disputed).stored(str(self.sink.rules[name].origin))

    def _silent(self, vendor: dict[str, Any] | None) -> Iterator[str]:
        """Give the shared properties that are blank on both sides."""
        for name in self.sink.rules.agreed:
            if vendor is not None and name not in self.record.values and blank(self.record.said.get(name)):
                encoded = self._encoded(name, None, self.sink.place_of(vendor))
                if encoded and blank(slot_value(vendor, encoded[0])):
                    yield name

    def _conflict(self, one: Any, place: str | None) -> Conflict:
        name = one.wanted.name
        there, base = (self.sink.display_value(name, value, place) for value in (one.there, one.wanted.base))
        return Conflict(
            self.sink.stream, self.record.external_id, name, self.record.values.get(name), there, base, one.rule
        )
