"""Both ways at once: what the target of the other direction carried over is known from the ledger that both share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from singer_rest.sync.merge import mark
from singer_rest.sync.merge_base import MERGE_BASE
from singer_rest.sync.record import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest.ledger import Content
    from singer_rest.sync.merge import Wanted
    from singer_rest.sync.record import Record
    from singer_rest.target.sink import RestSink

PLACE = "@place"
WROTE = "@wrote"
"""In a content: the shared properties whose value at the destination is one that we sent."""
MARKS = frozenset({SOURCE, PLACE, WROTE, MERGE_BASE})

OTHER_SECONDS = 60.0
LOOK_SECONDS = 0.05


def wait_for_reverse_write(sink: RestSink, record: Record) -> None:
    """Wait for what the other target is just making, before a record that we see for the first time is compared.

    Somebody may have changed it already, and what both sides agree on is known only when the other has finished.
    Called without a lease, so that two never wait for each other.
    """
    source = record.source
    if not (sink.rules.agreed and source.stream and source.key) or sink.ledger.links.get(
        sink.stream, record.external_id
    ):
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
        and not any(name.startswith("@") and name not in MARKS for name in content.values)
        for content in reverse_contents(sink, record)
    )


def carried_items(contents: list[Content], origin: str) -> set[str]:
    """Give the marks of what the other target brought to a list of the source; `origin` is the list or its item."""
    listed, _, item = origin.rpartition(".")
    kept = listed if item.isdecimal() else origin
    lists = (content.values.get(kept) for content in contents)
    return {mark(one) for items in lists if isinstance(items, list) for one in items}


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
    agreed = [
        one.values for one in reverse_contents(sink, record) if path in one.values and f"@{path}" not in one.values
    ]
    return bool(agreed) and all(values[path] != change.get("value") for values in agreed)


def wrote(before: dict[str, Any], after: dict[str, Any], sent: list[Wanted]) -> list[str]:
    """Give the shared properties whose value is ours now: sent just now, or before and not changed since."""
    still = [name for name in before.get(WROTE, ()) if after.get(name) == before.get(name)]
    return sorted({*still, *(one.name for one in sent if one.rule.shared)})
