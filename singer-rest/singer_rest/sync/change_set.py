"""What the source changed in one record since the ledger last heard of it, computed once per record.

Values of a content that begin with `@` are the API's side: the value that it keeps instead, the container.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from singer_rest.errors import RecordRejected
from singer_rest.ledger import Conflict, Content, Held
from singer_rest.sync.field_rules import FieldRule, FieldRules
from singer_rest.sync.loop_prevention import CONTAINER, WROTE, carried_items, reverse_contents, still_ours
from singer_rest.sync.merge import ABSENT, PropertyChange, blank, item_key, slot_value, together
from singer_rest.sync.merge_base import MERGE_BASE, MergeBase, known_merge_bases, new_merge_bases
from singer_rest.sync.record import SOURCE, Record
from singer_rest.sync.sink import RestSink

NOT_KEPT = "@not_kept"
"""In a content: the properties that were sent and that the API does not keep."""
NOTHING_TRIED: dict[str, list[Any]] = {}


@dataclass(slots=True)
class ChangeSet:
    """A record under its lease, held against what the ledger knows of it.

    `base`: the source's values as last synced, by this flow or else by the others. `changed`: the properties that the
    source changed since, `relinks` whether those that name other records are among them. `tried`: the API's values that
    an open intent may have brought there. `lost`: what was
    sent and the API does not keep. `must_read`: what changed can't be decided without the API's record; set by
    `property_changes`. `merge_bases`: last synced value of each shared property on both sides,
    whichever direction made it. `key`: the API's record, where it is known.
    """

    sink: RestSink
    record: Record
    held: Held
    key: str | None
    own: Content | None
    base: dict[str, Any]
    tried: dict[str, list[Any]] = field(default_factory=lambda: NOTHING_TRIED)
    merge_bases: dict[str, MergeBase] = field(default_factory=dict)
    _reverse: list[Content] | None = None
    changed: dict[str, FieldRule] = field(default_factory=dict)
    relinks: bool = False
    lost: tuple[PropertyChange, ...] = ()
    must_read: bool = False

    @classmethod
    def of(cls, sink: RestSink, record: Record, held: Held, *, key: str | None = None) -> ChangeSet:
        """Compute it; `key` is that of an API's record which the ledger does not know yet."""
        own = held.contents.get(record.flow)
        base = own.values if own is not None else _of_all_flows(held)
        if key is None and held.link is not None:
            key = held.link.vendor_key
        changes = cls(sink, record, held, key, own, base)
        if held.intent is not None:
            changes.tried = held.intent.hint.get("sent", NOTHING_TRIED)
        if sink.fields.reversible and key is not None:
            changes.merge_bases = known_merge_bases(base, changes.reverse(), f"{sink.stream}:{key}", sink.fields)
        changes._find_changed(sink.fields)
        return changes

    @property
    def container(self) -> str | None:
        """The container (pipeline) where the record is, as far as is known without asking."""
        return self.base.get(CONTAINER) or self.sink.new_container(self.record)

    def reverse(self) -> list[Content]:
        """Give what the other direction wrote or read of the source's record."""
        if self._reverse is None:
            self._reverse = reverse_contents(self.sink, self.record)
        return self._reverse

    def _find_changed(self, fields: FieldRules) -> None:
        if self.record.again and self.not_kept:
            self._send_again(fields)
        only_create = fields.create_only[self.record.flow] if self.base else ()
        base, merge_bases, tried = self.base, self.merge_bases, self.tried
        for name, value in self.record.values.items():
            if name in only_create:
                continue
            is_known = name in merge_bases or name in tried
            if not is_known and name in base and base[name] == value:
                continue
            rule, before = fields[name], base.get(name)
            if self._differs_from_base(name, before, value, rule) if is_known else not is_same(rule, before, value):
                self.changed[name] = rule
                self.relinks = self.relinks or rule.names_records

    @property
    def not_kept(self) -> list[str]:
        """The properties that the API did not keep when they were last sent, and that are as they were."""
        return [name for name in self.base.get(NOT_KEPT, ()) if name not in self.changed]

    def not_kept_after(self, changes: Sequence[PropertyChange]) -> list[str]:
        """The properties that the record needs and the API does not keep, once these were sent."""
        before = set(self.not_kept).difference(change.name for change in changes)
        return sorted(before.union(change.name for change in self.lost if not self.is_dispensable(change)))

    def is_dispensable(self, change: PropertyChange) -> bool:
        """Whether the record is good without it."""
        return change.slot.partition(".")[0] in self.sink.dispensable

    def _send_again(self, fields: FieldRules) -> None:
        """Count what the API did not keep as changed: a person wants it to be tried again."""
        for name in self.not_kept:
            if name in self.record.values:
                self.changed[name] = fields[name]
            else:
                self.relinks = True

    def _differs_from_base(self, name: str, before: Any, value: Any, rule: FieldRule) -> bool:
        """Whether the source changed a property that both directions know of, or that an open intent may have sent."""
        if self.tried.get(name):
            return True
        base = self.merge_bases.get(name)
        if base is None or base.ours or name not in self.record.source_values:
            return not is_same(rule, before, value)
        return not base.is_newer_than(self.record) and base.differs(self.record.source_values[name])

    def property_changes(self, container: str | None, *, creating: bool = False) -> list[PropertyChange]:
        """Give the properties that the source changed, or (creating) all, encoded for the API and the container."""
        sink, tried = self.sink, self.tried
        changes = []
        for name, rule in (self._all_but_reverse() if creating else self.changed).items():
            if rule.names_records:
                continue
            carried = rule.origin is not None and self._was_carried(name, rule)
            if (carried and rule.adds) or (encoded := sink.encode(name, self.record.values[name], container)) is None:
                continue
            slot, value = encoded
            change = PropertyChange(name, slot, value, ABSENT, rule)
            change.adds = rule.add_only or slot in sink.list_slots
            change.carried = carried
            if rule.shared:
                change.base = self._base_of(name, container)
            if name in tried:
                change.tried = tuple(tried[name])
            self.must_read = self.must_read or rule.shared or change.adds or name in tried
            changes.append(change)
        return changes

    def _all_but_reverse(self) -> dict[str, FieldRule]:
        """Give all properties but those whose merge base the other direction made: they count only when changed."""
        fields, bases = self.sink.fields, self.merge_bases
        return {
            name: fields[name]
            for name in self.record.values
            if name in self.changed or name not in bases or bases[name].ours
        }

    def _was_carried(self, name: str, rule: FieldRule) -> bool:
        """Whether the source has a property from the other target, which adds to its list there and never takes away.

        One item of such a list says so only of a record that is seen for the first time: later it may be chosen again.
        """
        source_value = self.record.source_values.get(name)
        if blank(source_value) or not (self.own is None or isinstance(source_value, list)):
            return False
        carried = carried_items(self.reverse(), str(rule.origin))
        return all(item_key(item) in carried for item in _as_list(source_value))

    def _base_of(self, name: str, container: str | None) -> Any:
        """Give the API's last synced value of a shared property; ABSENT when there is none."""
        base = self.merge_bases.get(name)
        if base is not None and not base.ours:
            return self._encoded(name, base.there, container)[1]
        if f"@{name}" in self.base:
            return self.base[f"@{name}"]
        if name not in self.base:
            return ABSENT if base is None else base.there
        return self._encoded(name, self.base[name], container)[1]

    def written_before(self, name: str, container: str | None) -> Any:
        """Give the API's value of what was written last; ABSENT when nothing was."""
        if f"@{name}" in self.base:
            return self.base[f"@{name}"]
        return self._encoded(name, self.base[name], container)[1] if name in self.base else ABSENT

    def _encoded(self, name: str, value: Any, container: str | None) -> tuple[str, Any]:
        """Give slot and value for the API; ABSENT too where somebody made the field anew and its type does not fit."""
        try:
            return self.sink.encode(name, value, container) or ("", ABSENT)
        except RecordRejected:
            return "", ABSENT

    # what is remembered

    def remember(
        self,
        result: str,
        changes: Sequence[PropertyChange] = (),
        *,
        key: str | None = None,
        incomplete: Collection[str] = (),
        vendor: dict[str, Any] | None = None,
    ) -> str:
        """Keep in the ledger what was written, what the API keeps instead and where it is; gives what was decided.

        `incomplete`: references to records that are not there yet. `vendor`: the API's record, where it was read.
        """
        sink, record = self.sink, self.record
        values = self._values_to_remember(incomplete)
        if self.lost or NOT_KEPT in self.base:
            values[NOT_KEPT] = self.not_kept_after(changes)
        for change in changes:
            if not change.decision.sends and change.is_kept:
                values[f"@{change.name}"] = change.there
        if WROTE in self.base or self.must_read:
            values |= still_ours(self.base, values, changes)
        container = container_of(sink, vendor) if vendor else None
        if container:
            values[CONTAINER] = container
        if record.source_values and (news := self._new_merge_bases(changes, vendor)):
            values[MERGE_BASE] = {**(self.base.get(MERGE_BASE) or {}), **news}
        detail = "; ".join([f"{change.name}: {change.decision.note}" for change in changes if change.decision.note])
        sink.ledger.links.written(
            sink.stream,
            record.external_id,
            vendor_key=key,
            flow=record.flow,
            content=record.content(values, complete=not incomplete),
            result=result,
            detail=detail,
            disagreed=[self._conflict(change, container) for change in changes if change.decision.conflict],
            lease=self.held.lease,
        )
        return detail

    def _values_to_remember(self, incomplete: Collection[str]) -> dict[str, Any]:
        """Give the source's values as they are now; lists that are only added to keep what they had."""
        values, fields = self.record.values, self.sink.fields
        remembered = {
            name: value
            for name, value in self.base.items()
            if name != WROTE and not (name[:1] == "@" and name[1:] in values)
        }
        remembered |= values
        remembered[SOURCE] = self.record.source.name
        for name, value in values.items():
            if fields[name].adds and type(value) is list and value:
                remembered[name] = together(self.base.get(name), value)
        for name in incomplete:
            remembered.pop(name, None)
        return remembered

    def _new_merge_bases(self, changes: Sequence[PropertyChange], vendor: dict[str, Any] | None) -> dict[str, Any]:
        blank_names = list(self._blank_on_both_sides(vendor)) if vendor is not None else []
        revision, at = self.sink.revision(vendor) if vendor is not None else None, None
        if vendor is not None and self.sink.version_field:
            at = self.sink.changed_at(vendor, "*")
        now = int(self.sink.context.clock() * 1000)
        return new_merge_bases(
            self.record, self.sink.fields, self.merge_bases, changes, vendor, blank_names, (revision, at), now
        )

    def _blank_on_both_sides(self, vendor: dict[str, Any]) -> Iterator[str]:
        """Give the shared properties that are blank at the source and at the API."""
        container = container_of(self.sink, vendor)
        for name in self.sink.fields.shared:
            if name not in self.record.values and blank(self.record.source_values.get(name)):
                slot, _ = self._encoded(name, None, container)
                if slot and blank(slot_value(vendor, slot)):
                    yield name

    def _conflict(self, change: PropertyChange, container: str | None) -> Conflict:
        name, show = change.name, self.sink.display_value
        there, base = show(name, change.there, container), show(name, change.base, container)
        value = self.record.values.get(name)
        return Conflict(self.sink.stream, self.record.external_id, name, value, there, base, change.decision.note)


def body_of(changes: Iterable[PropertyChange]) -> dict[str, Any]:
    """Give what is to be sent; `fields.1001` goes into its map."""
    body: dict[str, Any] = {}
    for change in changes:
        if change.decision.sends:
            value = change.value if change.whole is None else change.whole
            outer, dot, inner = change.slot.partition(".")
            if dot:
                body.setdefault(outer, {})[inner] = value
            else:
                body[change.slot] = value
    return body


def differs(body: dict[str, Any], answer: Any) -> bool:
    """Whether an answer has anything else than what was sent; the fast way to say no."""
    if type(answer) is not dict:
        return True
    for slot, value in body.items():
        there = answer.get(slot)
        if there != value and not (type(value) is dict and type(there) is dict and value.items() <= there.items()):
            return True
    return False


def container_of(sink: RestSink, vendor: dict[str, Any]) -> str | None:
    """Give the container where the API's record is now."""
    return vendor.get(sink.container_field) if sink.container_field else None


def is_same(rule: FieldRule, before: Any, value: Any) -> bool:
    """Whether a property's value needs no writing after `before` was written."""
    if rule.adds and isinstance(before, list) and isinstance(value, list):
        return {item_key(item) for item in value} <= {item_key(item) for item in before}
    return rule.same(before, value) if rule.equivalent else bool(before == value)


def is_unchanged(sink: RestSink, record: Record) -> bool:
    """Whether the ledger shows, without any call, that there is nothing to do."""
    known = sink.ledger.links.find(sink.stream, record.external_id, record.flow)
    if known is None or known.content is None or known.link.state == "parked":
        return known is not None and sink.effect and not sink.lasting and known.link.state == "linked"
    content = known.content
    if sink.effect and (change := record.change):
        return bool(content.values.get("value") == change.get("value"))
    if content.hash == record.hash:
        return not record.source.newer_than(content)
    if not content.hash or known.link.state != "linked":
        return False
    before, fields, only_create = content.values, sink.fields, sink.fields.create_only[record.flow]
    for name, value in record.values.items():
        if (name in before and before[name] == value) or name in only_create:
            continue
        earlier, rule = before.get(name), fields[name]
        if earlier != value and not (rule.adds and is_same(rule, earlier, value)):
            return False
    return not record.source.newer_than(content)


def _of_all_flows(held: Held) -> dict[str, Any]:
    return {name: value for content in held.contents.values() for name, value in content.values.items()}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
