"""Both ways at once: what the target of the other direction carried over is known from the ledger that both share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from singer_rest.ledger import Content
from singer_rest.sync.merge import PropertyChange, item_key, same
from singer_rest.sync.merge_base import MERGE_BASE
from singer_rest.sync.record import SOURCE, Record
from singer_rest.sync.sink import RestSink

CONTAINER = "@place"
"""In a content: the container (pipeline) where the destination's record was last."""
WROTE = "@wrote"
"""In a content: the shared properties whose value at the destination is one that we sent."""
OWN_KEYS = frozenset({SOURCE, CONTAINER, WROTE, MERGE_BASE})

OTHER_SECONDS = 60.0
LOOK_SECONDS = 0.05


def wait_for_reverse_write(sink: RestSink, record: Record) -> None:
    """Wait for what the other target is just making, before a record that we see for the first time is compared.

    Somebody may have changed it already, and what both sides agree on is known only when the other has finished.
    Called without a lease, so that two never wait for each other, and only for a stream with shared properties.
    """
    source = record.source
    if not (source.stream and source.key) or sink.ledger.links.get(sink.stream, record.external_id):
        return
    if reverse_contents(sink, record) or not (under_way := sink.ledger.reverse.under_way(source.stream)):
        return
    until = time.monotonic() + OTHER_SECONDS
    while under_way and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        under_way &= sink.ledger.reverse.under_way(source.stream)


def reverse_contents(sink: RestSink, record: Record) -> list[Content]:
    """Give what the other target wrote or read of the source's record, the oldest link first."""
    source = record.source
    return sink.ledger.reverse.contents(source.stream, source.key) if source.stream and source.key else []


def counterparts(contents: list[Content], stream: str) -> Iterator[str]:
    """Give the keys of the records of one stream that the contents were made of."""
    for content in contents:
        kind, _, key = str(content.values.get(SOURCE) or "").partition(":")
        if kind == stream and key:
            yield key


def unchanged_since_reverse_write(sink: RestSink, record: Record, vendor: dict[str, Any]) -> bool:
    """Whether the API's record is still as it was carried over last, so that what differs was changed at the source.

    Not where the other target left something as it found it: then the two never agreed.
    """
    version, ours = sink.version_of(vendor), f"{sink.stream}:{sink.key_of(vendor)}"
    return version is not None and any(
        content.version == version
        and content.values.get(SOURCE) == ours
        and not any(name.startswith("@") and name not in OWN_KEYS for name in content.values)
        and all("there" in base for base in (content.values.get(MERGE_BASE) or {}).values())
        for content in reverse_contents(sink, record)
    )


def carried_items(contents: list[Content], origin: str) -> set[str]:
    """Give the keys of items that the other target brought to a list of the source; `origin`: the list or an item."""
    listed, _, item = origin.rpartition(".")
    kept = listed if item.isdecimal() else origin
    lists = (content.values.get(kept) for content in contents)
    return {item_key(item) for items in lists if isinstance(items, list) for item in items}


def is_our_own(sink: RestSink, record: Record, change: dict[str, Any]) -> bool:
    """Whether the watched value is one that the other target itself wrote to the source, or is just writing."""
    path, value, source = str(change.get("path")), change.get("value"), record.source
    return any(
        path in content.values.get(WROTE, ()) and content.values.get(path) == value
        for content in reverse_contents(sink, record)
    ) or any(
        value in intent.hint.get("said", {}).get(path, ())
        for intent in sink.ledger.reverse.in_doubt(str(source.stream), str(source.key))
    )


def differs_from_carried(sink: RestSink, record: Record, change: dict[str, Any]) -> bool:
    """Whether the watched value is another than the one that both sides agreed on when the other target wrote it."""
    path = str(change.get("path"))
    synced = [
        content.values[path]
        for content in reverse_contents(sink, record)
        if path in content.values and f"@{path}" not in content.values
    ]
    return bool(synced) and all(value != change.get("value") for value in synced)


def still_ours(before: dict[str, Any], after: dict[str, Any], changes: Sequence[PropertyChange]) -> dict[str, Any]:
    """Give, under `@wrote`, the shared properties whose value is ours: sent or arrived now, or before and unchanged."""
    names = {name for name in before.get(WROTE, ()) if after.get(name) == before.get(name)}
    for change in changes:
        arrived = change.is_equal and any(same(change.there, value) for value in change.tried)
        if change.rule.shared and (change.decision.sends or arrived):
            names.add(change.name)
    return {WROTE: sorted(names)} if names else {}
