"""Making a record: with its links and fields where the API takes them, and nothing of what it took is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from singer_rest.errors import ApiError
from singer_rest.sync.answers import Fate, fate
from singer_rest.sync.change_set import body_of
from singer_rest.sync.dead_links import gone_links
from singer_rest.sync.findings import CREATE, IGNORED, KEPT, REFUSED, topic_of
from singer_rest.sync.merge import PropertyChange, blank, slot_value
from singer_rest.sync.record import Record
from singer_rest.sync.references import Resolved
from singer_rest.sync.sink import RestSink


def make(sink: RestSink, record: Record, wanted: Sequence[PropertyChange], resolved: Resolved) -> dict[str, Any]:
    """Make the record, at once with its links where the API is known to take them, without what it refuses."""
    body = {slot: value for slot, value in body_of(wanted).items() if _known(sink, slot) != REFUSED}
    links = {slot: items for slot, items in resolved.links().items() if _known(sink, slot) == KEPT}
    try:
        vendor = sink.create(record, body | links)
    except ApiError as refused:
        if not links or not refused.final:
            raise
        vendor = sink.create(record, body)
        if not sink.is_gone(refused) and not gone_links(sink, links):  # else the update will tell
            for slot in links:
                sink.findings.note(topic_of(CREATE, slot), REFUSED)
        return vendor
    if not sink.context.dry_run and not sink.already_existed(vendor):
        _note_taken(sink, body | links, vendor)
    return vendor


def leave_what_was_taken(wanted: Sequence[PropertyChange], vendor: dict[str, Any]) -> None:
    """Send nothing again that a create took and spells in its own way."""
    for change in wanted:
        there = slot_value(vendor, change.slot)
        if fate(change.to_send, there, adds=change.adds) is Fate.KEPT:
            change.value = there


def _known(sink: RestSink, slot: str) -> str | None:
    return sink.findings.get(topic_of(CREATE, slot))


def _note_taken(sink: RestSink, body: Mapping[str, Any], vendor: dict[str, Any]) -> None:
    """Note which lists of links and maps of fields the create of a record took: from then on they can go with it."""
    for slot in sink.may_go_with_create:
        if slot in body and not blank(body[slot]):
            taken = fate(body[slot], vendor.get(slot)) is not Fate.LOST
            if taken or not gone_links(sink, {slot: body[slot]}):
                sink.findings.note(topic_of(CREATE, slot), KEPT if taken else IGNORED)
