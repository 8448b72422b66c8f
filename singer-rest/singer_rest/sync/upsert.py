"""State records: find, then create or update with the fewest calls, then remember."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, RecordFault, RecordRejected, VersionConflict, masked
from singer_rest.http.instants import ms_of_text
from singer_rest.sync.change_set import Case
from singer_rest.sync.intents import wait_for_in_flight
from singer_rest.sync.loop_prevention import PLACE, unchanged_since_reverse_write, wait_for_reverse_write
from singer_rest.sync.merge import ABSENT, Merged, Wanted, blank, merge, same, slot_value
from singer_rest.sync.record import SOURCE
from singer_rest.sync.references import Resolved, resolve
from singer_rest.target.sink import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_rest.sync.record import Record
    from singer_rest.target.sink import RestSink, Result

WRITES_A_MINUTE = 5
SKEW_MS = 10_000
TRIES = 5


def upsert(sink: RestSink, record: Record) -> Outcome:
    """Write one state record under its lease."""
    wait_for_reverse_write(sink, record)
    with sink.ledger.lease(sink.stream, record.external_id) as held:
        case, link = Case(sink, record, held), held.link
        state = link.state if link else "open"
        if state == "detached":
            return Outcome("detached")
        if state == "parked":
            raise RecordRejected("the record is parked: it was written too often", code="parked")
        if link is not None and link.vendor_key:
            return _known(case, link.vendor_key)
        if why := sink.skip_reason(record):
            return _left_out(case, why)
        return _first(case)


def _left_out(case: Case, why: str) -> Outcome:
    case.remember(None, "unchanged", Merged(), Resolved())
    return Outcome("unchanged", why, linked=(case.record.external_id,))


# a record that the ledger does not know


def _first(case: Case) -> Outcome:
    """Match by natural key, else look it up, else create it; natural keys are leased in one order by everybody."""
    sink, record = case.sink, case.record
    naturals = sink.naturals(record)
    with ExitStack() as leases:
        for natural in sorted(naturals):
            leases.enter_context(sink.ledger.lease(sink.stream, natural))
        vendor = _there(case, naturals)
        if vendor:
            outcome = _adopt(case, vendor)
        elif why := sink.skip_create_reason(record):
            outcome = _left_out(case, why)
        else:
            outcome = _create(case)
        _remember_naturals(sink, record, naturals)
    return replace(outcome, linked=(record.external_id, *naturals))


def _there(case: Case, naturals: list[str]) -> dict[str, Any] | None:
    """Find the API's record: by a natural key in the ledger, or as the sink looks it up (which may link it)."""
    sink, record = case.sink, case.record
    links = (sink.ledger.links.get(sink.stream, natural) for natural in naturals)
    key = next((link.vendor_key for link in links if link and link.vendor_key and link.state == "linked"), None)
    if key is None:
        if found := sink.found(record, case.held.intent):
            return found
        link = sink.ledger.links.get(sink.stream, record.external_id)
        key = link.vendor_key if link else None
    return read_or_none(sink, key) if key else None


def read_or_none(sink: RestSink, key: str) -> dict[str, Any] | None:
    """Read the API's record; None when it does not exist."""
    try:
        return sink.read(key)
    except ApiError as refused:
        if sink.is_gone(refused):
            return None
        raise


def _remember_naturals(sink: RestSink, record: Record, naturals: list[str]) -> None:
    link = sink.ledger.links.get(sink.stream, record.external_id)
    if link is None or link.vendor_key is None:
        return
    others = ((natural, sink.ledger.links.get(sink.stream, natural)) for natural in naturals)
    new = [natural for natural, known in others if known is None or known.vendor_key != link.vendor_key]
    if new:
        sink.ledger.links.adopt(sink.stream, dict.fromkeys(new, link.vendor_key))


def _create(case: Case) -> Outcome:
    sink, record = case.sink, case.record
    place = sink.place(record)
    wanted = [one for one in case.wanted(place, creating=True) if not blank(one.value)]
    draft = merge(wanted, None, added_to=sink.added_to)
    resolved = resolve(sink, record.values)
    ours = case.attempt.creates
    with case.attempt.creating(draft):
        vendor = sink.create(record, draft.body)
    made = ours or not sink.already_existed(vendor)
    return _complete(case, vendor, wanted, resolved, "created" if made else "updated")


def _adopt(case: Case, vendor: dict[str, Any]) -> Outcome:
    """Take over what is there: blanks are filled, or the owner's properties written; shared ones stay."""
    sink, record = case.sink, case.record
    case = replace(case, key=sink.key_of(vendor))
    ours = case.attempt.creates
    place = sink.place_of(vendor) or sink.place(record)
    wanted = [
        one
        for one in case.wanted(place, creating=True)
        if not blank(one.value) and (ours or sink.fill_blanks or not one.rule.only_creates(record.flow))
    ]
    if not ours and unchanged_since_reverse_write(sink, record, vendor):
        # what differs was changed at the source since: the API's side is the base
        wanted = [
            replace(one, base=slot_value(vendor, one.slot)) if one.name not in case.agreed else one for one in wanted
        ]
    return _complete(case, vendor, wanted, resolve(sink, record.values), "created" if ours else "updated")


def _complete(case: Case, vendor: dict[str, Any], wanted: list[Wanted], resolved: Resolved, result: Result) -> Outcome:
    """Send what the API dropped or does not have, together with the links, in one update."""
    sink, record = case.sink, case.record
    key = sink.key_of(vendor)
    wanted = [*wanted, *_links(sink, resolved)]

    def decide(there: dict[str, Any] | None) -> Merged:
        return merge(wanted, there, added_to=sink.added, fill_blanks=sink.fill_blanks)

    if decide(vendor).body:
        sink.ledger.links.adopt(sink.stream, {record.external_id: key})
    merged, there, sent = _send(case, key, vendor, decide)
    if not sent and result == "updated":
        result = "unchanged"
    detail = case.remember(key, result, merged, resolved, there)
    return Outcome(result, detail, resolved.missing, (record.external_id,))


# a record that the ledger knows


def _known(case: Case, key: str) -> Outcome:
    sink, record, own = case.sink, case.record, case.own
    if not case.held.contents:
        vendor = read_or_none(sink, key)
        return _adopt(case, vendor) if vendor else detached(sink, record.external_id)
    if own is not None and own.hash != record.hash and record.source.older_than(own):
        return Outcome("stale", f"older than what was written ({own.updated_at})")
    wanted = list(case.wanted(case.place))
    if not wanted and not case.relinks:
        if own is None or own.hash != record.hash or record.source.newer_than(own):
            case.remember(None, "unchanged", Merged(), Resolved())
        return Outcome("unchanged")
    _stop_loops(case)
    try:
        return _update(case, key, wanted)
    except ApiError as refused:
        # what does not exist may also be something that the record refers to
        if sink.is_gone(refused) and read_or_none(sink, key) is None:
            return detached(sink, record.external_id)
        raise


def _update(case: Case, key: str, wanted: list[Wanted]) -> Outcome:
    """Send what changed; what is shared or only added to is read first."""
    sink, vendor = case.sink, None
    if case.relinks or any(
        one.tried or one.rule.shared or one.rule.add_only or one.slot in sink.added for one in wanted
    ):
        vendor = _settled(case, key, wanted)
        if sink.place_of(vendor) != case.place:
            wanted = list(case.wanted(sink.place_of(vendor)))
    resolved = resolve(sink, case.record.values) if case.relinks else Resolved()
    wanted += _links(sink, resolved)

    def decide(there: dict[str, Any] | None) -> Merged:
        return merge(wanted, there, added_to=sink.added, newest=_newest(sink, case.record, there))

    merged, vendor, sent = _send(case, key, vendor, decide)
    if sent and vendor is not None:
        vendor = _repaired(case, key, vendor)
    result: Result = "updated" if sent else "unchanged"
    detail = case.remember(key, result, merged, resolved, vendor)
    return Outcome(result, detail, resolved.missing)


def _settled(case: Case, key: str, wanted: list[Wanted]) -> dict[str, Any]:
    """Read the API's record, and again when what was sent last and is not there can no longer arrive."""
    vendor = case.sink.read(key)
    if case.held.intent and any(not same(slot_value(vendor, one.slot), one.tried[-1]) for one in wanted if one.tried):
        wait_for_in_flight(case.held.intent, case.sink.target.settle_seconds)
        return case.sink.read(key)
    return vendor


def _send(
    case: Case, key: str, vendor: dict[str, Any] | None, decide: Callable[[dict[str, Any] | None], Merged]
) -> tuple[Merged, dict[str, Any] | None, bool]:
    """Send what is decided against the API's record, and decide anew while others change it meanwhile."""
    for tried in range(TRIES):
        merged = decide(vendor)
        if not merged.body:
            return merged, vendor, tried > 0
        try:
            with case.attempt.updating(merged):
                return merged, case.sink.update_seen(key, merged.body, vendor), True
        except VersionConflict as moved:
            vendor = moved.current
    raise RecordFault(f"the record changed at the destination {TRIES} times while it was written", code="moved_on")


def _repaired(case: Case, key: str, vendor: dict[str, Any]) -> dict[str, Any]:
    """Say again what was said in the names of a place where, as the answer shows, the record is no longer."""
    place = case.sink.place_of(vendor)
    if place in {None, case.base.get(PLACE, place)}:
        return vendor
    again = merge(case.wanted(place), vendor, added_to=case.sink.added)
    return case.sink.update(key, again.body) if again.body else vendor


def _stop_loops(case: Case) -> None:
    """Park a link that one and the same source record makes us write again and again."""
    sink, record = case.sink, case.record
    if case.base.get(SOURCE) != record.source.mark:
        return
    if sink.ledger.record_log.writes_within(sink.stream, record.external_id, 60) >= WRITES_A_MINUTE:
        sink.ledger.links.set_state(sink.stream, record.external_id, "parked", "written more than 5 times a minute")
        said = "ALERT %s %s is parked: written more than 5 times a minute"
        sink.logger.error(said, sink.stream, masked(record.external_id))
        raise RecordRejected("written more than 5 times a minute, so it is parked: retry this letter", code="parked")


def detached(sink: RestSink, name: str) -> Outcome:
    """Remember, and say, that a person deleted the record."""
    sink.ledger.links.set_state(sink.stream, name, "detached", "deleted at the destination")
    said = "%s %s was deleted at the destination by a person: it is not made again"
    sink.logger.warning(said, sink.stream, masked(name))
    return Outcome("detached", "deleted at the destination")


def _links(sink: RestSink, resolved: Resolved) -> list[Wanted]:
    return [Wanted(slot, slot, keys, ABSENT, sink.rules[slot]) for slot, keys in resolved.links().items()]


def _newest(sink: RestSink, record: Record, vendor: dict[str, Any] | None) -> Callable[[Wanted], bool] | None:
    """With `conflict: newest`, say whether the source's change is the newer; within 10 seconds the owner wins."""
    if sink.target.config.get("conflict") != "newest" or vendor is None or not record.source.updated_at:
        return None
    ours = ms_of_text(record.source.updated_at)
    if ours is None:
        return None

    def source_is_newer(wanted: Wanted) -> bool:
        theirs = sink.changed_at(vendor, wanted.name)
        if theirs is None or abs(ours - theirs) <= SKEW_MS:
            return wanted.rule.owner == "source"
        return ours > theirs

    return source_is_newer
