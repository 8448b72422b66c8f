"""Links to records that are gone: a person merged, split or deleted them. Each costs only itself.

They are looked for when the API refused a write that names links, or when its answer lacks one that was sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from singer_rest.errors import ApiError
from singer_rest.sync.merge import PropertyChange
from singer_rest.sync.record import Record, named
from singer_rest.sync.references import resolve
from singer_rest.sync.sink import RestSink

GoneLinks = dict[str, set[str]]
"""The keys of records that do not exist any more, by the slot that names them."""
NOT_FOR_LINKS = frozenset({401, 403, 429})


def refused_links(sink: RestSink, body: Mapping[str, Any], refused: Exception) -> GoneLinks:
    """Give the links of a refused write that may be why: the API's words for it are not known."""
    if not isinstance(refused, ApiError) or not refused.final or refused.status in NOT_FOR_LINKS:
        return {}
    return gone_links(sink, body)


def gone_links(sink: RestSink, body: Mapping[str, Any]) -> GoneLinks:
    """Give the links of a write whose records are gone."""
    return _gone(sink, {slot: _keys(body[slot]) for slot in sink.link_streams if slot in body})


def dropped_links(sink: RestSink, changes: Iterable[PropertyChange], answer: Mapping[str, Any]) -> GoneLinks:
    """Give the links that a write named and its answer lacks, as their records are gone."""
    sent = [change for change in changes if change.slot in sink.link_streams and change.decision.sends]
    return _gone(sink, {change.slot: _keys(change.value) - _keys(answer.get(change.slot)) for change in sent})


def mend_links(
    sink: RestSink, record: Record, changes: Sequence[PropertyChange], vendor: dict[str, Any] | None, gone: GoneLinks
) -> dict[str, Any]:
    """Let the record's links lead to records that live; gives the API's record without the dead ones."""
    for reference, value in reversed(named(sink.references, record.values)):  # what others of them name stands last
        name = reference.key(value)
        link = sink.ledger.links.get(reference.stream, name) if reference.slot in gone else None
        if link is not None and link.vendor_key in gone[str(reference.slot)]:
            wanted = {name} if sink.makes_again else ()
            sink.context.sink_for(reference.stream).relink(link.vendor_key, wanted=wanted)
    links = resolve(sink, record).links()
    for change in changes:
        if change.slot in gone:
            change.value = [link for link in links.get(change.slot, []) if link["key"] not in gone[change.slot]]
    living = {
        slot: [link for link in (vendor or {}).get(slot) or [] if str(link.get("key")) not in keys]
        for slot, keys in gone.items()
    }
    return {**(vendor or {}), **living}


def records_with_gone_links(records: Iterable[tuple[RestSink, Record]]) -> list[bool]:
    """Say of each record whether the ledger links something that it names to a record that is gone."""
    named_keys: list[set[tuple[str, str]]] = []
    detached: list[bool] = []
    by_stream: defaultdict[str, set[str]] = defaultdict(set)
    sinks: dict[str, Any] = {}
    for sink, record in records:
        names = [(ref.stream, ref.key(value)) for ref, value in named(sink.references, record.values) if ref.slot]
        links = [link for name in names if (link := sink.ledger.links.get(*name)) is not None]
        keys = {(link.stream, link.vendor_key) for link in links if link.state == "linked" and link.vendor_key}
        for stream, key in keys:
            by_stream[stream].add(key)
            sinks[stream] = sink.context.sink_for(stream)
        named_keys.append(keys)
        detached.append(any(link.state == "detached" for link in links))
    gone = {(stream, key) for stream, keys in by_stream.items() for key in sinks[stream].gone(keys)}
    return [bool(keys & gone) or lost for keys, lost in zip(named_keys, detached, strict=True)]


def _gone(sink: RestSink, keys: Mapping[str, Collection[str]]) -> GoneLinks:
    gone = {slot: sink.context.sink_for(sink.link_streams[slot]).gone(some) for slot, some in keys.items() if some}
    return {slot: dead for slot, dead in gone.items() if dead}


def _keys(links: Any) -> set[str]:
    return {str(link.get("key")) for link in links or [] if isinstance(link, dict)}
