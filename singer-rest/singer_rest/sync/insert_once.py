"""Effects: records that are written once (comments, tasks), or once per change of a watched value.

One that lasts (an invoice) is updated later on.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from singer_rest.errors import ApiError, RecordRejected
from singer_rest.http.instants import instant_of
from singer_rest.ledger import Content, Held, Link
from singer_rest.sync.answers import had_later, settle_effect
from singer_rest.sync.change_set import NOT_KEPT
from singer_rest.sync.intents import discard_on_rejection, look_up
from singer_rest.sync.loop_prevention import differs_from_carried, is_our_own
from singer_rest.sync.record import Record, named
from singer_rest.sync.sink import Outcome, RestSink
from singer_rest.sync.upsert import detached, read_or_none, upsert


def insert_once(sink: RestSink, record: Record) -> Outcome:
    """Make the effect of one record, under its lease, unless it was made or there is no reason for it.

    What would happen to a record that a person deleted at the destination is not made.
    """
    record = sink.identified(record) if sink.identifies else record
    holder = _holder(sink, record)
    with sink.ledger.lease(sink.stream, record.external_id) as held:
        if holder is not None and holder.state == "detached":
            return Outcome("detached", f"its record in {holder.stream} was deleted at the destination")
        try:
            return _make(sink, record, held)
        except ApiError as refused:
            if holder is None or not (sink.is_gone(refused) and _is_gone(sink, holder)):
                raise
            return detached(sink.context, holder.stream, holder.external_id)


def _make(sink: RestSink, record: Record, held: Held) -> Outcome:
    if record.change is not None:
        return _on_change(sink, record, held.contents.get(record.flow), record.change)
    made = held.link is not None and held.link.state != "open"
    if made and not sink.lasting:
        return _made_before(sink, record, held)
    if not made and too_old(record, sink.context.effects_since):
        return Outcome("unchanged", "before effects_since")
    if sink.lasting:
        return upsert(sink, record)
    return _once(sink, record, record.external_id, record.content({}))


def _made_before(sink: RestSink, record: Record, held: Held) -> Outcome:
    """Leave what was made; what the API did not keep of it is sent again only when a person wants that."""
    content = held.contents.get(record.flow)
    lost = list(content.values.get(NOT_KEPT, ())) if content else []
    if lost and record.again and held.link is not None and (key := held.link.vendor_key):
        body = sink.body(record)
        lost = [slot for slot in lost if not had_later(sink, key, slot, body.get(slot))]
        content = record.content({NOT_KEPT: lost} if lost else {})
        sink.ledger.links.written(
            sink.stream, record.external_id, vendor_key=key, flow=record.flow, content=content, result="updated"
        )
    return Outcome("rejected", not_kept=tuple(lost)) if lost else Outcome("unchanged")


def _holder(sink: RestSink, record: Record) -> Link | None:
    """Give the record that an effect happens to, as the ledger knows it."""
    for reference, value in named(sink.references, record.values):
        if reference.slot is None:
            return sink.ledger.links.get(reference.stream, reference.key(value))
    return None


def _is_gone(sink: RestSink, holder: Link) -> bool:
    key = holder.vendor_key
    return key is not None and read_or_none(sink.context.sink_for(holder.stream), key) is None


def too_old(record: Record, since: datetime) -> bool:
    """Whether the record's date is before the time from which effects are made."""
    if not record.source.date:
        return False
    if (date := instant_of(record.source.date)) is None:
        raise RecordRejected("_source.date is no ISO instant", code="invalid")
    return date < since


def _on_change(sink: RestSink, record: Record, memory: Content | None, change: dict[str, Any]) -> Outcome:
    """Compare with the last value; each other value makes one effect, named `externalId:n`."""
    value = change.get("value")
    if memory is None:
        wanted, number = bool(change.get("first")) or differs_from_carried(sink, record, change), 0
    elif memory.values.get("value") == value:
        return _still(sink, record, memory, value)
    elif record.source.older_than(memory):
        return Outcome("stale")
    elif is_our_own(sink, record, change):
        wanted, number = False, int(memory.values.get("n", 0))
    else:
        wanted, number = True, int(memory.values.get("n", 0))
    if not wanted or change.get("remember") or too_old(record, sink.context.effects_since):
        return _remember(sink, record, value, number, Outcome("unchanged", "remembered"))
    if memory is not None and record.source.went_back(memory):
        sink.context.went_back.add((sink.stream, record.external_id))
    return _effect_of(sink, record, value, number + 1)


def _effect_of(sink: RestSink, record: Record, value: Any, number: int) -> Outcome:
    """Make effect `n`; one that a run made before it died without remembering the value does not stand for another."""
    name = f"{record.external_id}:{number}"
    known = sink.ledger.links.find(sink.stream, name, record.flow)
    if known is not None and known.link.state == "linked":
        if known.content is None or known.content.values.get("value") == value:
            return _remember(sink, record, value, number, Outcome("unchanged"))
        return _effect_of(sink, record, value, number + 1)
    content = Content("", {"value": value}, record.source.updated_at, record.source.version)
    return _remember(sink, record, value, number, _once(sink, record, name, content))


def _still(sink: RestSink, record: Record, memory: Content, value: Any) -> Outcome:
    if record.source.newer_than(memory):
        _remember(sink, record, value, int(memory.values.get("n", 0)), Outcome("unchanged"))
    return Outcome("unchanged")


def _remember(sink: RestSink, record: Record, value: Any, number: int, outcome: Outcome) -> Outcome:
    """Keep the watched value; the link of the name itself never gets a key."""
    content = Content("", {"value": value, "n": number}, record.source.updated_at, record.source.version)
    sink.ledger.links.written(
        sink.stream, record.external_id, vendor_key=None, flow=record.flow, content=content, result="unchanged"
    )
    return outcome


def _once(sink: RestSink, record: Record, name: str, content: Content) -> Outcome:
    """Make it, or take what a dead run made; its like waits meanwhile, so that two do not take the same for theirs."""
    record = replace(record, external_id=name)
    with ExitStack() as leases:
        for natural in sorted(sink.natural_keys(record)):
            leases.enter_context(sink.ledger.lease(sink.stream, natural))
        vendor, result, lost = _find_or_create(sink, record)
        key = sink.key_of(vendor)
        needed = [slot for slot in lost if slot not in sink.dispensable]
        if needed:
            content = replace(content, values={**content.values, NOT_KEPT: needed})
        sink.ledger.links.written(sink.stream, name, vendor_key=key, flow=record.flow, content=content, result=result)
    if needed:
        return Outcome("rejected", not_kept=tuple(lost))
    return Outcome("created", not_kept=tuple(lost)) if result == "created" else Outcome("unchanged", "was there before")


def _find_or_create(sink: RestSink, record: Record) -> tuple[dict[str, Any], str, list[str]]:
    """Give what a dead run made or was there before, else make it; the word for the log; what the API drops of it."""
    intent = sink.ledger.intents.get(sink.stream, record.external_id)
    existing = look_up(sink, record, intent)
    if existing is not None:
        return existing, "created" if intent else "adopted", []
    sink.ledger.intents.open(sink.stream, record.external_id, {})
    try:
        vendor = sink.create(record, {})
    except (ApiError, RecordRejected) as refused:
        discard_on_rejection(sink.context, sink.stream, record.external_id, refused)
        raise
    return vendor, "created", settle_effect(sink, sink.key_of(vendor), sink.body(record), vendor)
