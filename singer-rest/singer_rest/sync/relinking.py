"""Records that are gone though the ledger links to them: what they were known by leads to whoever has it now.

A person merged, split or deleted them. Every name that the ledger has for one (ids of the source, natural keys) is
looked for by its own natural keys. Who is found is kept in step from then on, as anybody who was there before: what
people typed stays, blanks are filled. Who is not found is made again only where something new refers to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from singer_rest.errors import ApiError, RecordRejected, masked
from singer_rest.ledger import Content, Held, Link
from singer_rest.sync.change_set import ChangeSet
from singer_rest.sync.merge_base import MERGE_BASE
from singer_rest.sync.record import SOURCE, Record, Source
from singer_rest.sync.sink import RestSink
from singer_rest.sync.upsert import complete, make_again, read_or_none, take_over

NOTE = "its record was gone"
DELETED = "deleted at the destination"


def relink(sink: RestSink, gone: str, *, wanted: Collection[str] = (), record: Record | None = None) -> None:
    """Let no name of the ledger lead to the key `gone` any more.

    Names in `wanted` are made again where nobody is found; others become `detached`. `record`: the one that is being
    written, whose natural keys count too. Whoever calls holds no lease of the stream's records.
    """
    with sink.ledger.lease(sink.stream, f"gone:{gone}"):
        links = _links(sink, gone)
        search = _Search(sink, gone, [link.external_id for link in links], record)
        wanted_first = sorted(links, key=lambda link: link.external_id not in wanted)
        follows = {link: search.follow(link.external_id, makes=link.external_id in wanted) for link in wanted_first}
        _detach(sink, [link for link, follow in follows.items() if not follow])


def _links(sink: RestSink, gone: str) -> list[Link]:
    names = (link.external_id for link in sink.ledger.links.to_key(sink.stream, gone))
    links = (sink.ledger.links.get(sink.stream, name) for name in names)
    return [link for link in links if link is not None and link.vendor_key == gone]


class _Search:
    """Where the names of one record that is gone lead to from now on."""

    def __init__(self, sink: RestSink, gone: str, names: Iterable[str], record: Record | None) -> None:
        self._sink, self._gone, self._record = sink, gone, record
        self._naturals = [name for name in names if sink.is_natural(name)]
        self._homes: dict[str, str] = {}
        """The keys that were found or made, by natural key."""
        self._made: set[str] = set()

    def follow(self, name: str, *, makes: bool) -> bool:
        """Link a name to whoever it means now; False when there is nobody."""
        sink = self._sink
        with sink.ledger.lease(sink.stream, name) as held:
            if held.link is None or held.link.vendor_key != self._gone:
                return True
            records, vendor = _remembered(sink, name, held), None
            naturals = self._naturals_of(name, records)
            try:
                vendor = self._found(naturals)
                if vendor is not None:
                    _link(sink, name, vendor, records, whole=sink.key_of(vendor) in self._made)
                elif not makes or not _make(sink, name, naturals, records):
                    return False
            except (ApiError, RecordRejected) as refused:
                if isinstance(refused, ApiError) and (not refused.final or refused.status in {401, 403}):
                    raise
                sink.logger.warning("%s %s could not be brought over whole: %s", sink.stream, masked(name), refused)
                if vendor is not None:
                    sink.ledger.links.adopt(sink.stream, {name: sink.key_of(vendor)}, NOTE)
                return _key(sink, name) != self._gone
            if key := _key(sink, name):
                self._homes |= dict.fromkeys(naturals, key)
                self._made |= {key} if vendor is None else set()
            how = "linked to who has its address now" if vendor is not None else "made again, as something new names it"
            sink.logger.info("%s %s was merged or deleted at the destination: %s", sink.stream, masked(name), how)
            return True

    def _naturals_of(self, name: str, records: Sequence[Record]) -> list[str]:
        if self._sink.is_natural(name):
            return [name]
        known = [natural for record in records for natural in self._sink.natural_keys(record)]
        if self._record is not None and self._record.external_id == name:
            known += self._sink.natural_keys(self._record)
        return list(dict.fromkeys(known)) or self._naturals

    def _found(self, naturals: Sequence[str]) -> dict[str, Any] | None:
        known = self._sink.find_now(naturals) if naturals else None
        homes = (self._homes[natural] for natural in naturals if natural in self._homes)
        key = self._sink.key_of(known) if known is not None else next(homes, None)
        return read_or_none(self._sink, key) if key and key != self._gone else None


def _remembered(sink: RestSink, name: str, held: Held) -> list[Record]:
    """Give what each flow last wrote of a record; first the flow that says most when the record is there already."""
    flows = sorted(held.contents, key=lambda flow: len(sink.fields.create_only[flow]))
    return [_record_of(sink, name, flow, held.contents[flow]) for flow in flows if held.contents[flow].values]


def _record_of(sink: RestSink, name: str, flow: str, content: Content) -> Record:
    values = {key: value for key, value in content.values.items() if not key.startswith("@")}
    bases: dict[str, Any] = content.values.get(MERGE_BASE) or {}
    stream, _, key = str(content.values.get(SOURCE) or "None:None").partition(":")
    source = Source(
        stream=None if stream == "None" else stream,
        key=None if key == "None" else key,
        updated_at=content.updated_at,
        version=content.version,
    )
    raw = {**values, "_said": {name: base["source"] for name, base in bases.items()}}
    record = Record(sink.stream, name, flow, source, raw, sink.companions)
    record.__dict__["hash"] = content.hash  # of the whole record, so that its like is unchanged
    return record


def _link(sink: RestSink, name: str, vendor: dict[str, Any], records: Sequence[Record], *, whole: bool) -> None:
    """Link a name to a record, with all that is remembered of it (`whole`), or that people left blank there."""
    key, add = sink.key_of(vendor), complete if whole else take_over
    if not records:
        sink.ledger.links.adopt(sink.stream, {name: key}, NOTE)
    for number, record in enumerate(records):
        add(ChangeSet.of(sink, record, Held(None), key=key), sink.read(key) if number else vendor)


def _key(sink: RestSink, name: str) -> str | None:
    link = sink.ledger.links.get(sink.stream, name)
    return link.vendor_key if link else None


def _make(sink: RestSink, name: str, naturals: Sequence[str], records: Sequence[Record]) -> bool:
    """Make it again with all that is remembered of it, else with its natural key alone; False when nothing says how."""
    first = next((record for record in records if not _skips(sink, record)), None)
    if first is None:
        if records or not naturals:
            return False
        vendor = sink.make_bare(*naturals[0].split(":", 1))
        sink.ledger.links.adopt(sink.stream, {name: sink.key_of(vendor)}, NOTE)
        return True
    make_again(ChangeSet.of(sink, first, Held(None)))
    others, key = [record for record in records if record is not first], _key(sink, name)
    if others and key:
        _link(sink, name, sink.read(key), others, whole=True)
    return True


def _skips(sink: RestSink, record: Record) -> bool:
    return bool(sink.skip_reason(record) or sink.skip_create_reason(record))


def _detach(sink: RestSink, lost: Sequence[Link]) -> None:
    news = [link.external_id for link in lost if link.state != "detached"]
    for name in news:
        sink.ledger.links.set_state(sink.stream, name, "detached", DELETED)
    if news:
        line = "%s %s was deleted at the destination by a person: it is not made again, unless something new names it"
        sink.logger.warning(line, sink.stream, masked(news[0]))
