"""From the names that a record uses for others to their keys; who is only known by a natural key is made bare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from singer_rest.errors import ApiError
from singer_rest.ledger import Content
from singer_rest.sync.record import Record, Reference, named
from singer_rest.sync.sink import RestSink


@dataclass(slots=True)
class Resolved:
    """The keys by slot, and the first record that is not there yet with the property that names it."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    missing: tuple[str, str] | None = None
    incomplete: set[str] = field(default_factory=set)

    def links(self) -> dict[str, list[dict[str, Any]]]:
        """Give the lists as the API takes them."""
        return {slot: [{"key": key} for key in keys] for slot, keys in self.keys.items()}


def resolve(sink: RestSink, record: Record, *, makes_again: bool | None = None) -> Resolved:
    """Find every record that a record refers to; make bare those with a natural key that nobody knows.

    `makes_again`: whether those that a person deleted are made again; default: as the sink says.
    Several properties may name the same records, each in its way: as many as the longest names are to be found.
    """
    resolved, again = Resolved(), sink.makes_again if makes_again is None else makes_again
    absent: list[tuple[Reference, str]] = []
    counts: Counter[tuple[str, str]] = Counter()
    for reference, value in named(sink.references, record.values):
        if reference.slot is None:
            continue
        name = reference.key(value)
        key, known = _key(sink, reference, name, str(value), makes_again=again)
        if key:
            keys = resolved.keys.setdefault(reference.slot, [])
            keys.extend([key] if key not in keys else [])
        elif not known:
            absent.append((reference, name))
        counts[reference.slot, reference.name] += bool(key or not known)
    for reference, name in absent:
        wanted = max(count for (slot, _), count in counts.items() if slot == reference.slot)
        if len(resolved.keys.get(str(reference.slot), ())) < wanted:
            resolved.missing = resolved.missing or (reference.stream, name)
            resolved.incomplete.add(reference.name)
    return resolved


def _key(sink: RestSink, reference: Reference, name: str, value: str, *, makes_again: bool) -> tuple[str | None, bool]:
    """Give the key, and whether the ledger knows the record (a known one without a key is not wanted any more)."""
    link = sink.ledger.links.get(reference.stream, name)
    if makes_again and link is not None and link.state == "detached" and link.vendor_key:
        sink.context.sink_for(reference.stream).relink(link.vendor_key, wanted={name})
        link = sink.ledger.links.get(reference.stream, name)
    if link is not None and (link.state == "detached" or link.vendor_key):
        return (link.vendor_key if link.state != "detached" else None), True
    if link is not None and sink.ledger.intents.get(reference.stream, name) is None:
        return None, True
    if reference.natural is None:
        return None, False
    return _bare(sink, reference, name, value), False


def _bare(sink: RestSink, reference: Reference, name: str, value: str) -> str | None:
    other = sink.context.sink_for(reference.stream)
    with sink.ledger.lease(reference.stream, name) as held:
        if held.link is not None and held.link.vendor_key:
            return held.link.vendor_key
        try:
            vendor = other.make_bare(str(reference.natural), value)
        except ApiError as refused:
            if refused.status in {401, 403} or not refused.final:
                raise
            sink.logger.warning("a record that is referred to could not be made: %s", refused)
            return None
        key = other.key_of(vendor)
        content = Content("", {})
        sink.ledger.links.written(
            reference.stream, name, vendor_key=key, flow="(bare)", content=content, result="created", detail="bare"
        )
        return key
