"""State records: find, then create or update with the fewest calls, then remember.

A long module, because whatever becomes of a record (made, found, changed, gone and found again) is sent in one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from singer_rest.errors import ApiError, RecordFault, RecordRejected, VersionConflict, masked
from singer_rest.http.instants import ms_of_text
from singer_rest.ledger import Held, Intent
from singer_rest.sync.answers import Write, refuses_clearing, write_in_parts
from singer_rest.sync.change_set import NOT_KEPT, ChangeSet, body_of, container_of, differs
from singer_rest.sync.creation import leave_what_was_taken, make
from singer_rest.sync.dead_links import GoneLinks, dropped_links, gone_links, mend_links, refused_links
from singer_rest.sync.intents import discard_on_rejection, look_up, wait_for_in_flight
from singer_rest.sync.loop_prevention import CONTAINER, unchanged_since_reverse_write, wait_for_reverse_write
from singer_rest.sync.merge import ABSENT, PropertyChange, blank, decide, same, slot_value, together
from singer_rest.sync.record import SOURCE, Record
from singer_rest.sync.references import Resolved, resolve
from singer_rest.sync.run_context import ReferredSink, RunContext
from singer_rest.sync.sink import Outcome, RestSink, Result

WRITES_A_MINUTE = 5
SKEW_MS = 10_000
TRIES = 5
NOTHING = Resolved()


class Gone(Exception):  # noqa: N818 - a record's fate, not a fault of the program
    """The API's record that the ledger links to does not exist any more."""

    def __init__(self, key: str) -> None:
        super().__init__("the record was deleted at the destination")
        self.key = key


def upsert(sink: RestSink, record: Record) -> Outcome:
    """Write one state record under its lease; one that is gone may have moved to another key."""
    if sink.fields.shared:
        wait_for_reverse_write(sink, record)
    record = sink.identified(record) if sink.identifies else record
    for _ in range(TRIES):
        try:
            return _written(sink, record)
        except Gone as gone:
            # without the lease: whoever looks for a record that is gone takes those of all its names
            if not sink.relink(gone.key, record=record):
                return detached(sink.context, sink.stream, record.external_id)
            link = sink.ledger.links.get(sink.stream, record.external_id)
            if link is None or link.state == "detached" or link.vendor_key == gone.key:
                return _left_detached(sink, record)
    raise RecordFault(f"the record was merged or deleted at the destination {TRIES} times", code="moved_on")


def _left_detached(sink: RestSink, record: Record) -> Outcome:
    """Remember what the source has, for when something new names the record."""
    with sink.ledger.lease(sink.stream, record.external_id) as held:
        ChangeSet.of(sink, record, held).remember("unchanged")
    return Outcome("detached", "deleted at the destination")


def _written(sink: RestSink, record: Record) -> Outcome:
    with sink.ledger.lease(sink.stream, record.external_id) as held:
        state = held.link.state if held.link else "open"
        if state == "detached":
            return _still_detached(sink, record, held)
        if state == "parked":
            raise RecordRejected("the record is parked: it was written too often", code="parked")
        if held.link is not None and held.link.vendor_key:
            return _known(sink, record, held, held.link.vendor_key)
        changes = ChangeSet.of(sink, record, held)
        if why := sink.skip_reason(record):
            return _skipped(changes, why)
        return _first(changes)


def _still_detached(sink: RestSink, record: Record, held: Held) -> Outcome:
    """Leave alone what a person deleted; a record that has news of its own may find who was put in its place."""
    own, key = held.contents.get(record.flow), held.link.vendor_key if held.link else None
    is_news = own is None or (own.hash != record.hash and not record.source.older_than(own))
    if is_news and key and sink.can_be_found_again:
        raise Gone(key)
    return Outcome("detached")


def _skipped(changes: ChangeSet, why: str) -> Outcome:
    changes.remember("unchanged")
    return Outcome("unchanged", why, linked=(changes.record.external_id,))


# a record that the ledger does not know


def _first(changes: ChangeSet) -> Outcome:
    """Match by natural key, else look it up, else create it; natural keys are leased in one order by everybody."""
    sink, record = changes.sink, changes.record
    naturals = sink.natural_keys(record)
    with ExitStack() as leases:
        for natural in sorted(naturals):
            leases.enter_context(sink.ledger.lease(sink.stream, natural))
        vendor = _match(changes, naturals)
        if vendor:
            outcome = _adopt(changes, vendor)
        elif why := sink.skip_create_reason(record):
            outcome = _skipped(changes, why)
        else:
            outcome = _create(changes)
        _remember_naturals(sink, record, naturals)
    return replace(outcome, linked=(record.external_id, *naturals))


def _match(changes: ChangeSet, naturals: list[str]) -> dict[str, Any] | None:
    """Find the API's record: by a natural key in the ledger, or as the sink looks it up (which may link it)."""
    sink, record = changes.sink, changes.record
    links = (sink.ledger.links.get(sink.stream, natural) for natural in naturals)
    key = next((link.vendor_key for link in links if link and link.vendor_key and link.state == "linked"), None)
    if key is None:
        if vendor := look_up(sink, record, changes.held.intent):
            return vendor
        link = sink.ledger.links.get(sink.stream, record.external_id)
        key = link.vendor_key if link else None
    return read_or_none(sink, key) if key else None


def read_or_none(sink: ReferredSink, key: str) -> dict[str, Any] | None:
    """Read the API's record; None when it does not exist."""
    try:
        return sink.read(key)
    except ApiError as refused:
        if sink.is_gone(refused):
            return None
        raise


def _remember_naturals(sink: RestSink, record: Record, naturals: list[str]) -> None:
    link = sink.ledger.links.get(sink.stream, record.external_id) if naturals else None
    if link is None or link.vendor_key is None:
        return
    others = ((natural, sink.ledger.links.get(sink.stream, natural)) for natural in naturals)
    new = [natural for natural, known in others if known is None or known.vendor_key != link.vendor_key]
    if new:
        sink.ledger.links.adopt(sink.stream, dict.fromkeys(new, link.vendor_key))


def make_again(changes: ChangeSet) -> Outcome:
    """Make a record that was deleted, and what it names likewise."""
    return _create(changes, makes_again=True)


def complete(changes: ChangeSet, vendor: dict[str, Any]) -> Outcome:
    """Add what another flow remembers of a record that was made again."""
    return _adopt(changes, vendor)


def take_over(changes: ChangeSet, vendor: dict[str, Any]) -> Outcome:
    """Keep in step whom people left of several: blanks are filled; what stands in a list is what they decided."""
    sink = changes.sink
    container = container_of(sink, vendor) or sink.new_container(changes.record)
    wanted = [
        change
        for change in _not_blank(changes.property_changes(container, creating=True))
        if not (change.adds and slot_value(vendor, change.slot))
    ]
    return _complete(changes, WriteIntent(None), vendor, wanted, resolve(sink, changes.record), "updated")


def _create(changes: ChangeSet, *, makes_again: bool = False) -> Outcome:
    sink, record = changes.sink, changes.record
    intent = WriteIntent(changes.held.intent)
    ours = intent.creates
    wanted = _not_blank(changes.property_changes(sink.new_container(record), creating=True))
    for change in wanted:
        if change.adds:
            change.whole = together(None, change.value, change.rule.item_key)
    resolved = resolve(sink, record, makes_again=makes_again or sink.makes_again)
    intent.commit(sink, record, wanted, creates=True)
    try:
        vendor = make(sink, record, wanted, resolved)
    except (ApiError, RecordRejected) as refused:
        discard_on_rejection(sink.context, sink.stream, record.external_id, refused)
        raise
    is_new = ours or not sink.already_existed(vendor)
    if is_new:
        leave_what_was_taken(wanted, vendor)
    return _complete(changes, intent, vendor, wanted, resolved, "created" if is_new else "updated")


def _adopt(changes: ChangeSet, vendor: dict[str, Any]) -> Outcome:
    """Take over what is there: blanks are filled, or the owner's properties written; shared ones stay."""
    sink, record = changes.sink, changes.record
    changes = ChangeSet.of(sink, record, changes.held, key=sink.key_of(vendor))
    intent = WriteIntent(changes.held.intent)
    ours, only_create = intent.creates, sink.fields.create_only[record.flow]
    wanted = [
        change
        for change in _not_blank(
            changes.property_changes(container_of(sink, vendor) or sink.new_container(record), creating=True)
        )
        if ours or sink.fill_blanks or change.name not in only_create
    ]
    if not ours and unchanged_since_reverse_write(sink, record, vendor):
        # what differs was changed at the source since: the API's side is the base
        for change in wanted:
            if change.name not in changes.merge_bases:
                change.base = slot_value(vendor, change.slot)
    return _complete(changes, intent, vendor, wanted, resolve(sink, record), "created" if ours else "updated")


def _not_blank(changes: Iterable[PropertyChange]) -> list[PropertyChange]:
    return [change for change in changes if not blank(change.value)]


def _complete(  # noqa: PLR0913, PLR0917  # what create and adopt know
    changes: ChangeSet,
    intent: WriteIntent,
    vendor: dict[str, Any],
    wanted: list[PropertyChange],
    resolved: Resolved,
    result: Result,
) -> Outcome:
    """Send what the API dropped or does not have, together with the links, in one update."""
    sink, record = changes.sink, changes.record
    key = sink.key_of(vendor)
    wanted = [*wanted, *_links(sink, resolved)]

    def decide_all(there: dict[str, Any] | None) -> None:
        for change in wanted:
            decide(change, there, fill_blanks=sink.fill_blanks)

    decide_all(vendor)
    if any(change.decision.sends for change in wanted):
        sink.ledger.links.adopt(sink.stream, {record.external_id: key})
    vendor_now, sent = _send(changes, intent, key, vendor, wanted, decide_all)
    if result == "updated" and not (sent and (not changes.lost or _any_kept(wanted))):
        result = "unchanged"
    detail = changes.remember(result, wanted, key=key, incomplete=resolved.incomplete, vendor=vendor_now)
    outcome = Outcome(result, detail, resolved.missing, (record.external_id,), _conflicts(wanted))
    return _judged(changes, outcome, wanted) if changes.lost else outcome


# a record that the ledger knows


def _known(sink: RestSink, record: Record, held: Held, key: str) -> Outcome:
    if not held.contents:
        return _linked_only(sink, record, held, key)
    changes = ChangeSet.of(sink, record, held)
    own = changes.own
    if own is not None and own.hash != record.hash and record.source.older_than(own):
        return Outcome("stale", f"older than what was written ({own.updated_at})")
    if own is not None and record.source.went_back(own):
        sink.context.went_back.add((sink.stream, record.external_id))
    wanted = changes.property_changes(changes.container) if changes.changed else []
    if not wanted and not changes.relinks:
        if own is None or own.hash != record.hash or record.source.newer_than(own):
            changes.remember("unchanged")
        return _judged(changes, Outcome("unchanged")) if NOT_KEPT in changes.base else Outcome("unchanged")
    _stop_loops(changes)
    try:
        return _update(changes, key, wanted)
    except ApiError as refused:
        # what does not exist may also be something that the record refers to
        if (refused.unknown or sink.is_gone(refused)) and sink.is_gone_key(key):
            raise Gone(key) from None
        raise


def _linked_only(sink: RestSink, record: Record, held: Held, key: str) -> Outcome:
    """Take over what is linked and was never written, if it is the record's indeed."""
    vendor = read_or_none(sink, key)
    if vendor is None:
        raise Gone(key)
    if held.intent is None and not sink.is_of(record, vendor):
        sink.ledger.links.release(sink.stream, [record.external_id], "it is another record's")
        return _first(ChangeSet.of(sink, record, replace(held, link=None)))
    return _adopt(ChangeSet.of(sink, record, held), vendor)


def _update(changes: ChangeSet, key: str, wanted: list[PropertyChange]) -> Outcome:
    """Send what changed; what is shared or only added to is read first."""
    sink, record, vendor, resolved = changes.sink, changes.record, None, NOTHING
    theirs = sink.fill_blanks and sink.ledger.neighbours.were_first(sink.stream, key)
    if changes.relinks or changes.must_read or theirs:
        vendor = _read_settled(changes, key, wanted)
        if (container := container_of(sink, vendor)) != changes.container:
            wanted = changes.property_changes(container)
    if changes.relinks:
        resolved = resolve(sink, record)
        wanted += _links(sink, resolved)
    intent = WriteIntent(changes.held.intent)

    def decide_all(there: dict[str, Any] | None) -> None:
        source_is_newer = _newest(sink, record, there)
        for change in wanted:
            if theirs:  # another source's person: what it wrote stays, whatever we knew of it
                change.base = ABSENT
            decide(change, there, fill_blanks=theirs, source_is_newer=source_is_newer)

    if vendor is not None:
        decide_all(vendor)
    vendor, sent = _send(changes, intent, key, vendor, wanted, decide_all)
    if sent and vendor is not None:
        vendor = _repaired(changes, key, vendor)
    healed = False
    if vendor is not None and not changes.lost and not (sent and sink.context.dry_run):
        vendor, healed = _healed(changes, key, vendor)
    result: Result = "updated" if healed or (sent and (not changes.lost or _any_kept(wanted))) else "unchanged"
    detail = changes.remember(result, wanted, key=key, incomplete=resolved.incomplete, vendor=vendor)
    outcome = Outcome(result, detail, resolved.missing, conflicts=_conflicts(wanted))
    return _judged(changes, outcome, wanted) if changes.lost or NOT_KEPT in changes.base else outcome


def _conflicts(changes: Iterable[PropertyChange]) -> int:
    return len([change for change in changes if change.decision.conflict])


def _any_kept(sent: Iterable[PropertyChange]) -> bool:
    return any(change.decision.sends for change in sent)


def _judged(changes: ChangeSet, outcome: Outcome, sent: Sequence[PropertyChange] = ()) -> Outcome:
    """Count a record as rejected, whatever else was written, when the API does not keep what it needs."""
    needed = changes.not_kept_after(sent)
    dispensable = [change.name for change in changes.lost if changes.is_dispensable(change)]
    return replace(outcome, result="rejected" if needed else outcome.result, not_kept=(*needed, *dispensable))


def _read_settled(changes: ChangeSet, key: str, wanted: list[PropertyChange]) -> dict[str, Any]:
    """Read the API's record, and again when what was sent last and is not there can no longer arrive."""
    sink, intent = changes.sink, changes.held.intent
    vendor = sink.read(key)
    if intent and any(not same(slot_value(vendor, change.slot), change.tried[-1]) for change in wanted if change.tried):
        wait_for_in_flight(sink.ledger, intent, sink.context.settle_seconds)
        return sink.read(key)
    return vendor


def _send(  # noqa: PLR0913, PLR0917  # one write
    changes: ChangeSet,
    intent: WriteIntent,
    key: str,
    vendor: dict[str, Any] | None,
    wanted: list[PropertyChange],
    decide_all: Callable[[dict[str, Any] | None], None],
) -> tuple[dict[str, Any] | None, bool]:
    """Send what is decided against the API's record, and decide anew while others change it meanwhile.

    Gives the API's record, and whether anything was sent.
    """
    sink, record = changes.sink, changes.record
    for tries in range(TRIES):
        body = body_of(wanted)
        if not body:
            return vendor, tries > 0
        was_open = intent.was_open
        intent.commit(sink, record, wanted)
        try:
            answer, gone = _updated(changes, key, body, vendor, wanted)
        except VersionConflict as conflict:
            vendor, gone = conflict.current, {}
        except (ApiError, RecordRejected) as refused:
            if not (gone := refused_links(sink, body, refused)):
                if not was_open:
                    discard_on_rejection(sink.context, sink.stream, record.external_id, refused)
                raise
        else:
            if not gone:
                return answer, True
            vendor = answer
        vendor = mend_links(sink, record, wanted, vendor, gone) if gone else vendor
        decide_all(vendor)
    raise RecordFault(f"the record changed at the destination {TRIES} times while it was written", code="moved_on")


def _updated(
    changes: ChangeSet, key: str, body: dict[str, Any], vendor: dict[str, Any] | None, wanted: Sequence[PropertyChange]
) -> tuple[dict[str, Any] | None, GoneLinks]:
    """Write it; gives the answer, and the links that it lacks as their records are gone.

    What else the answer lacks, or an update is known not to take, goes another way.
    """
    sink = changes.sink
    if sink.context.dry_run:  # a plan refuses nothing, so it is asked before
        vendor = sink.read(key) if vendor is None else vendor
        if gone := gone_links(sink, body):
            return vendor, gone
    if sink.findings.detours:
        return write_in_parts(changes, key, wanted, vendor)
    try:
        answer = sink.update(key, body, vendor)
    except ApiError as refused:
        if not refuses_clearing(sink, refused, wanted):
            raise
        return write_in_parts(changes, key, wanted, vendor, clears=False)
    if not differs(body, answer):
        return answer, {}
    gone = {} if sink.link_streams.keys().isdisjoint(body) else dropped_links(sink, wanted, answer)
    return (answer, gone) if gone else (Write(changes, key, wanted, vendor, answer).settle(), {})


def _repaired(changes: ChangeSet, key: str, vendor: dict[str, Any]) -> dict[str, Any]:
    """Send again what was sent in the names of a container where, as the answer shows, the record is no longer."""
    container = container_of(changes.sink, vendor)
    if container is None or container == changes.base.get(CONTAINER, container):
        return vendor
    again = changes.property_changes(container)
    for change in again:
        decide(change, vendor)
    body = body_of(again)
    return (_updated(changes, key, body, vendor, again)[0] or vendor) if body else vendor


def _healed(changes: ChangeSet, key: str, vendor: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Write the source's id again where people cleared or changed it at the API; gives whether they had."""
    sink, values = changes.sink, changes.record.values
    name, container = sink.fields.identity, vendor.get(sink.container_field or "")
    if name is None or name not in values:
        return vendor, False
    if container in sink.identity_slots:
        outer, inner = sink.identity_slots[container]
        if inner and outer in vendor and (vendor[outer] or {}).get(inner) == values[name]:
            return vendor, False
    slot, value = sink.encode(name, values[name], container) or ("", ABSENT)
    outer, _, inner = slot.partition(".")
    sink.identity_slots[container] = outer, inner
    if outer not in vendor or same(slot_value(vendor, slot), value):
        return vendor, False
    return sink.update(key, body_of([PropertyChange(name, slot, value, ABSENT, sink.fields[name])]), vendor), True


class WriteIntent:
    """The intent of one state record: whoever finds there what it sent knows that no person wrote it.

    Its hint keeps what was sent in the API's values (`sent`) and in the
    record's (`said`), which the other direction knows.
    """

    def __init__(self, intent: Intent | None) -> None:
        """Begin with what a run that died left open."""
        self.was_open = intent is not None
        self._hint: dict[str, Any] = {"creates": False, "sent": {}, "said": {}} | (intent.hint if intent else {})

    @property
    def creates(self) -> bool:
        """Whether a request makes the record."""
        return bool(self._hint["creates"])

    def commit(
        self, sink: RestSink, record: Record, changes: Iterable[PropertyChange], *, creates: bool = False
    ) -> None:
        """Commit what is about to be sent; `creates`: it makes the record."""
        hint = self._hint
        hint["creates"] = creates or hint["creates"]
        for change in changes:
            name = change.name
            if change.decision.sends and not change.adds:
                value = record.values.get(name)
                hint["sent"][name] = _with(hint["sent"].get(name, ()), change.value)
                hint["said"][name] = _with(hint["said"].get(name, ()), value)
        sink.ledger.intents.open(sink.stream, record.external_id, hint)
        self.was_open = True


def _with(known: Sequence[Any], value: Any) -> list[Any]:
    return [*known, value] if value not in known else [*known]


def _stop_loops(changes: ChangeSet) -> None:
    """Park a link that one and the same source record makes us write again and again."""
    sink, record = changes.sink, changes.record
    if changes.base.get(SOURCE) != record.source.name:
        return
    if sink.ledger.record_log.writes_within(sink.stream, record.external_id, 60) >= WRITES_A_MINUTE:
        sink.ledger.links.set_state(sink.stream, record.external_id, "parked", "written more than 5 times a minute")
        line = "ALERT %s %s is parked: written more than 5 times a minute"
        sink.logger.error(line, sink.stream, masked(record.external_id))
        raise RecordRejected("written more than 5 times a minute, so it is parked: retry this letter", code="parked")


def detached(context: RunContext, stream: str, name: str) -> Outcome:
    """Remember, and log, that a person deleted the record."""
    context.ledger.links.set_state(stream, name, "detached", "deleted at the destination")
    line = "%s %s was deleted at the destination by a person: it is not made again"
    context.logger.warning(line, stream, masked(name))
    return Outcome("detached", "deleted at the destination")


def _links(sink: RestSink, resolved: Resolved) -> list[PropertyChange]:
    return [
        PropertyChange(slot, slot, keys, ABSENT, sink.fields[slot], adds=True)
        for slot, keys in resolved.links().items()
    ]


def _newest(sink: RestSink, record: Record, vendor: dict[str, Any] | None) -> Callable[[PropertyChange], bool] | None:
    """With `conflict: newest`, say whether the source's change is the newer; within 10 seconds the owner wins."""
    ours = ms_of_text(record.source.updated_at) if sink.context.newest_wins and vendor is not None else None
    if ours is None or vendor is None:
        return None

    def source_is_newer(change: PropertyChange) -> bool:
        theirs = sink.changed_at(vendor, change.name)
        if theirs is None or abs(ours - theirs) <= SKEW_MS:
            return change.rule.owner == "source"
        return ours > theirs

    return source_is_newer
