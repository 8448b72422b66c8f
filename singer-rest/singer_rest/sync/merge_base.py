"""Last synced value of each shared property on both sides: the base of the three-way merge.

A side has changed only if it differs from its own value then. Both directions keep their bases in one ledger, and the
later one counts: what the shop's change made of a box is no rep's edit on the way back, and a rep's return to an older
stage is one. Where both had changed and the destination's value stays, its own direction still has to bring it over,
whatever that will be by then. Of a list that one side only adds to, the other side means the first item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from singer_rest.http.instants import MILLISECOND, ms_of_text
from singer_rest.ledger import Content
from singer_rest.sync.field_rules import FIRST_ITEM, FieldRules
from singer_rest.sync.merge import ABSENT, PropertyChange, same, same_items, slot_value
from singer_rest.sync.record import CLOCKS_DIFFER, SOURCE, Record

MERGE_BASE = "@agreed"
"""In a content: the merge bases by property."""


@dataclass(frozen=True, slots=True)
class MergeBase:
    """One property: its value at the source and at the destination, as of which revision of their records, and when.

    `at`: milliseconds since 1970. `ours`: this direction made it. `disputed`: both sides had changed. `source_at`,
    `there_at`: when those revisions were made, by the clocks of their systems (ms).
    """

    source: Any
    there: Any
    source_as_of: int | None
    there_as_of: int | None
    at: int
    ours: bool = True
    disputed: bool = False
    source_at: int | None = None
    there_at: int | None = None

    def stored(self, of: str) -> dict[str, Any]:
        """Give it as plain JSON; `of` is what the source calls the property."""
        there = {} if self.there is ABSENT else {"there": self.there}
        revision = {"source_as_of": self.source_as_of, "there_as_of": self.there_as_of}
        disputed = {"disputed": True} if self.disputed else {}
        times = {"source_at": self.source_at, "there_at": self.there_at}
        known = {name: time for name, time in times.items() if time is not None}
        return {"of": of, "source": self.source, "at": self.at, **revision, **known, **there, **disputed}

    def is_newer_than(self, record: Record) -> bool:
        """Whether the record was read before this was synced, so that it tells nothing new.

        An older revision that was made later comes from a source that was restored from a backup.
        """
        read = record.source.revision
        if self.source_as_of is None or read is None or read >= self.source_as_of:
            return False
        changed = ms_of_text(record.source.updated_at)
        return self.source_at is None or changed is None or changed <= self.source_at + CLOCKS_DIFFER // MILLISECOND

    def differs(self, value: Any) -> bool:
        """Whether the source has another value now."""
        return not same(self.source, value)


def known_merge_bases(
    own: Mapping[str, Any], reverse: Iterable[Content], record_name: str, fields: FieldRules
) -> dict[str, MergeBase]:
    """Give the latest base of each shared property: our direction's, or the other's on the same two records.

    `record_name`: the destination's record as the other direction names its source, `boxes:KEY`.
    """
    bases = {name: _read(stored) for name, stored in (own.get(MERGE_BASE) or {}).items()}
    for content in reverse:
        if content.values.get(SOURCE) != record_name:
            continue
        for of, stored in (content.values.get(MERGE_BASE) or {}).items():
            name = str(stored.get("of")).removesuffix(FIRST_ITEM)
            is_same_property = (fields[name].origin or "").removesuffix(FIRST_ITEM) == of
            if is_same_property and ("there" in stored or "disputed" in stored):
                base = _turned(stored)
                if name not in bases or bases[name].at < base.at:
                    bases[name] = base
    return bases


def new_merge_bases(  # noqa: PLR0913, PLR0917  # plain values, by position from one place
    record: Record,
    fields: FieldRules,
    known: Mapping[str, MergeBase],
    changes: Sequence[PropertyChange],
    vendor: dict[str, Any] | None,
    blank_names: Iterable[str],
    revision: tuple[int | None, int | None],
    now: int,
) -> dict[str, Any]:
    """Give what is in sync now, as it is stored: of the shared properties of which the source says its own value.

    `vendor`: the API's record as the write left it, `revision` the state of it and when that was made (ms);
    `blank_names`: blank on both sides.
    """
    synced = dict(_synced(record, known, changes, blank_names))
    synced = {name: synced[name] for name in fields.shared if name in synced}
    synced |= _first_items(record, fields, known, changes, vendor or {})
    moved, disputed = _moved_on(changes, vendor), {change.name for change in changes if change.is_disputed}
    # without a version the revision is that time
    source_at = None if record.source.version is None else ms_of_text(record.source.updated_at)
    bases = {}
    for name, there in synced.items():
        if name in record.source_values:
            before = known.get(name)
            at = max(now, before.at + 1 if before is not None else 0)
            there_as_of, there_at = (None, None) if name in moved else revision
            base = MergeBase(
                record.source_values[name],
                there,
                record.source.revision,
                there_as_of,
                at,
                disputed=name in disputed,
                source_at=source_at,
                there_at=there_at,
            )
            bases[name] = base.stored(str(fields[name].origin))
    return bases


def _synced(
    record: Record, known: Mapping[str, MergeBase], changes: Sequence[PropertyChange], blank_names: Iterable[str]
) -> Iterator[tuple[str, Any]]:
    """Give each property with the value that the destination has now, in the source's words where it has them."""
    yield from ((name, None) for name in blank_names if name not in known)
    for change in changes:
        name, before = change.name, known.get(change.name)
        if change.is_kept:
            yield name, ABSENT if before is None else before.there
        elif change.is_equal:
            only_means_the_same = change.rule.equivalent and change.there != change.value
            yield name, change.there if only_means_the_same else record.values.get(name)
        elif name in record.values:
            yield name, record.values[name]


def _moved_on(changes: Sequence[PropertyChange], vendor: dict[str, Any] | None) -> set[str]:
    """Give what somebody changed there while we wrote: the API's record, as it is now, was never in sync."""
    if vendor is None:
        return set()
    meant = ((change, change.there if change.is_equal else change.value) for change in changes if not change.is_kept)
    return {
        change.name
        for change, value in meant
        if change.rule.shared and not same(slot_value(vendor, change.slot), value)
    }


def _first_items(
    record: Record,
    fields: FieldRules,
    known: Mapping[str, MergeBase],
    changes: Sequence[PropertyChange],
    vendor: dict[str, Any],
) -> Iterator[tuple[str, Any]]:
    """Give the first item of each list that the source's one value is in, unless people put another there."""
    for change in changes:
        name = change.name
        if change.is_kept or name not in fields.added_to or isinstance(record.source_values.get(name), list):
            continue
        if items := slot_value(vendor, change.slot):
            before = known.get(name)
            if same_items(items[:1], change.value[:1]) or (before is not None and same(items[0], before.there)):
                yield name, items[0]


def _read(stored: Mapping[str, Any]) -> MergeBase:
    there = stored.get("there", ABSENT)
    revision = stored.get("source_as_of"), stored.get("there_as_of")
    times: dict[str, Any] = {"source_at": stored.get("source_at"), "there_at": stored.get("there_at")}
    return MergeBase(stored["source"], there, *revision, stored["at"], disputed="disputed" in stored, **times)


def _turned(stored: Mapping[str, Any]) -> MergeBase:
    """Give the other direction's base: its source is our destination, whose value a dispute left unheard."""
    revision = stored.get("there_as_of"), stored.get("source_as_of")
    value = ABSENT if "disputed" in stored else stored["there"]
    times: dict[str, Any] = {"source_at": stored.get("there_at"), "there_at": stored.get("source_at")}
    return MergeBase(value, stored["source"], *revision, stored["at"], ours=False, **times)
