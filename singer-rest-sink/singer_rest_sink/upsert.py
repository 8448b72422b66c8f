"""State records: find, then create or update with the fewest calls, then remember."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

from singer_rest_sink.errors import ApiError, RecordRejected
from singer_rest_sink.ledger import Content
from singer_rest_sink.merge import ABSENT, Merged, Wanted, blank, merge
from singer_rest_sink.references import Resolved, resolve
from singer_rest_sink.sink import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_rest_sink.ledger import Held
    from singer_rest_sink.record import Record
    from singer_rest_sink.sink import RestSink

WRITES_A_MINUTE = 5
SKEW_MS = 10_000
PLACE = "@place"


def upsert(sink: RestSink, record: Record) -> Outcome:
    """Write one state record under its lease."""
    with sink.ledger.lease(sink.stream, record.external_id) as held:
        state = held.link.state if held.link else "open"
        if state == "detached":
            return Outcome("detached")
        if state == "parked":
            raise RecordRejected("the record is parked: it was written too often", code="parked")
        if held.link is not None and held.link.vendor_key:
            return _change(sink, record, held, held.link.vendor_key)
        if state == "linked" or (why := sink.unwanted(record)):
            return _leave_out(sink, record, "" if state == "linked" else str(why))
        return _first(sink, record, held)


def _leave_out(sink: RestSink, record: Record, why: str) -> Outcome:
    _remember(sink, record, None, "unchanged", why, record.content())
    return Outcome("unchanged", why)


def _first(sink: RestSink, record: Record, held: Held) -> Outcome:
    """Match by natural key, else look it up, else create it; natural keys are leased in one order by everybody."""
    naturals = sink.naturals(record)
    with ExitStack() as leases:
        for natural in sorted(naturals):
            leases.enter_context(sink.ledger.lease(sink.stream, natural))
        key = _known_by(sink, naturals)
        vendor = sink.read(key) if key else sink.look_up(record, held.intent)
        if vendor is None and (link := sink.ledger.link(sink.stream, record.external_id)) and link.vendor_key:
            vendor = sink.read(link.vendor_key)
        outcome = _adopt(sink, record, held, vendor) if vendor else _create(sink, record)
        _remember_naturals(sink, record, naturals)
    return Outcome(outcome.result, outcome.detail, outcome.missing, (record.external_id, *naturals))


def _known_by(sink: RestSink, naturals: Iterable[str]) -> str | None:
    links = (sink.ledger.link(sink.stream, natural) for natural in naturals)
    return next((link.vendor_key for link in links if link and link.vendor_key and link.state == "linked"), None)


def _remember_naturals(sink: RestSink, record: Record, naturals: Iterable[str]) -> None:
    link = sink.ledger.link(sink.stream, record.external_id)
    if link is None or link.vendor_key is None:
        return
    new = [natural for natural in naturals if sink.ledger.link(sink.stream, natural) is None]
    if new:
        sink.ledger.adopt(sink.stream, dict.fromkeys(new, link.vendor_key))


def _create(sink: RestSink, record: Record) -> Outcome:
    place = sink.place(record)
    wanted = [one for one in _wanted(sink, record, {}, place) if not blank(one.value)]
    draft = merge(wanted, None, added_to=sink.added_to)
    resolved = resolve(sink, record.values)
    sink.ledger.intend(sink.stream, record.external_id, {"name": record.values.get("name"), "place": place})
    try:
        vendor = sink.create(record, draft.body)
    except ApiError as refused:
        if refused.status < 500:
            sink.ledger.withdraw(sink.stream, record.external_id)
        raise
    return _complete(sink, record, vendor, wanted, resolved, "created")


def _adopt(sink: RestSink, record: Record, held: Held, vendor: dict[str, Any]) -> Outcome:
    """Take over what is there: blanks are filled, or the owner's properties written; shared ones stay."""
    place = sink.place_of(vendor) or sink.place(record)
    wanted = [
        one
        for one in _wanted(sink, record, {}, place)
        if not blank(one.value)
        and (sink.fill_blanks or held.intent is not None or not one.rule.only_creates(record.flow))
    ]
    result = "created" if held.intent else "updated"
    return _complete(sink, record, vendor, wanted, resolve(sink, record.values), result)


def _complete(
    sink: RestSink, record: Record, vendor: dict[str, Any], wanted: list[Wanted], resolved: Resolved, result: Any
) -> Outcome:
    """Send what the API dropped or does not have, together with the links, in one update."""
    key = sink.key_of(vendor)
    merged = merge([*wanted, *_links(sink, resolved)], vendor, added_to=_added(sink), fill_blanks=sink.fill_blanks)
    if merged.body:
        sink.ledger.adopt(sink.stream, {record.external_id: key})
        sink.update(key, merged.body)
    elif result == "updated":
        result = "unchanged"
    extra = _extra({}, merged, sink.place_of(vendor))
    detail = "; ".join(merged.notes)
    _remember(sink, record, key, result, detail, record.content(extra, tuple(resolved.incomplete)))
    return Outcome(result, detail, resolved.missing, (record.external_id,))


def _change(sink: RestSink, record: Record, held: Held, key: str) -> Outcome:
    own = held.content(record.flow)
    if own is None and not held.contents:
        return _take_over(sink, record, held, key)
    if own is not None and own.hash != record.hash and record.source.older_than(own):
        return Outcome("stale", f"older than what was written ({own.updated_at})")
    base = own.values if own else _everything(held)
    place = base.get(PLACE) or sink.place(record)
    wanted = list(_wanted(sink, record, base, place))
    relinked = [name for name, value in record.values.items() if sink.is_reference(name) and base.get(name) != value]
    if not wanted and not relinked:
        return _unchanged(sink, record, own, base)
    return _guarded(sink, record, key, base, wanted, bool(relinked))


def _take_over(sink: RestSink, record: Record, held: Held, key: str) -> Outcome:
    try:
        vendor = sink.read(key)
    except ApiError as refused:
        if sink.is_gone(refused):
            return _detached(sink, record)
        raise
    return _adopt(sink, record, held, vendor)


def _guarded(
    sink: RestSink, record: Record, key: str, base: dict[str, Any], wanted: list[Wanted], relink: bool
) -> Outcome:
    """Update, unless the link loops or a person deleted the record."""
    if sink.ledger.writes_within(sink.stream, record.external_id, 60) >= WRITES_A_MINUTE:
        sink.ledger.park(sink.stream, record.external_id, "written more than 5 times a minute")
        sink.logger.error("ALERT %s %s is parked: more than 5 writes a minute", sink.stream, record.external_id)
        raise RecordRejected("written more than 5 times a minute, so it is parked: retry this letter", code="parked")
    try:
        return _update(sink, record, key, base, wanted, relink)
    except ApiError as refused:
        if sink.is_gone(refused) and _is_gone(sink, key):
            return _detached(sink, record)
        raise


def _is_gone(sink: RestSink, key: str) -> bool:
    """Ask again: what does not exist may be something that the record refers to."""
    try:
        sink.read(key)
    except ApiError as refused:
        return sink.is_gone(refused)
    return False


def _update(
    sink: RestSink, record: Record, key: str, base: dict[str, Any], wanted: list[Wanted], relink: bool
) -> Outcome:
    vendor = None
    if relink or any(one.rule.shared or one.slot in sink.added_to for one in wanted):
        vendor = sink.read(key)
        wanted = _where_it_is(sink, record, base, wanted, vendor)
    resolved = resolve(sink, record.values) if relink else Resolved()
    merged = merge(
        [*wanted, *_links(sink, resolved)], vendor, added_to=_added(sink), newest=_newest(sink, record, vendor)
    )
    answer = vendor
    if merged.body:
        answer = sink.update(key, merged.body)
        answer = _moved(sink, record, key, base, answer) or answer
    result = "updated" if merged.body else "unchanged"
    detail = "; ".join(merged.notes)
    extra = _extra(base, merged, sink.place_of(answer or {}) or base.get(PLACE))
    _remember(
        sink, record, key, result, detail, record.content(base | record.values | extra, tuple(resolved.incomplete))
    )
    return Outcome("updated" if merged.body else "unchanged", detail, resolved.missing)


def _where_it_is(
    sink: RestSink, record: Record, base: dict[str, Any], wanted: list[Wanted], vendor: dict[str, Any]
) -> list[Wanted]:
    """Resolve the names again when a person moved the record to another place."""
    place = sink.place_of(vendor)
    return wanted if place == (base.get(PLACE) or sink.place(record)) else list(_wanted(sink, record, base, place))


def _moved(
    sink: RestSink, record: Record, key: str, base: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any] | None:
    """Repair an update that was sent in the names of the place where the record no longer is."""
    place, was = sink.place_of(answer), base.get(PLACE)
    if place == was or was is None:
        return None
    merged = merge(_wanted(sink, record, {}, place), answer, added_to=sink.added_to)
    return sink.update(key, merged.body) if merged.body else None


def _wanted(sink: RestSink, record: Record, base: dict[str, Any], place: str | None) -> Iterator[Wanted]:
    """Give the properties that the source changed since `base`, encoded for the API."""
    for name, value in record.values.items():
        rule = sink.rules[name]
        before = base.get(name)
        if sink.is_reference(name) or rule.same(before, value) or (base and rule.only_creates(record.flow)):
            continue
        if (encoded := sink.encode(name, value, place)) is not None:
            yield Wanted(name, *encoded, _agreed(sink, name, base, place) if rule.shared else ABSENT, rule)


def _agreed(sink: RestSink, name: str, base: dict[str, Any], place: str | None) -> Any:
    """Give the API's last agreed value of a shared property; ABSENT when there is none."""
    if f"@{name}" in base:
        return base[f"@{name}"]
    if name not in base:
        return ABSENT
    try:
        encoded = sink.encode(name, base[name], place)
    except RecordRejected:
        return ABSENT
    return encoded[1] if encoded else ABSENT


def _links(sink: RestSink, resolved: Resolved) -> list[Wanted]:
    return [Wanted(slot, slot, keys, ABSENT, sink.rules[slot]) for slot, keys in resolved.links().items()]


def _added(sink: RestSink) -> frozenset[str]:
    return sink.added_to | {reference.slot for reference in sink.references if reference.slot}


def _newest(sink: RestSink, record: Record, vendor: dict[str, Any] | None) -> Any:
    if sink.target.config.get("conflict") != "newest" or vendor is None or not record.source.updated_at:
        return None
    ours = int(datetime.fromisoformat(record.source.updated_at).timestamp() * 1000)

    def source_is_newer(wanted: Wanted) -> bool:
        theirs = sink.changed_at(vendor, wanted.name)
        if theirs is None or abs(ours - theirs) <= SKEW_MS:
            return wanted.rule.owner == "source"
        return ours > theirs

    return source_is_newer


def _unchanged(sink: RestSink, record: Record, own: Content | None, base: dict[str, Any]) -> Outcome:
    if own is None or own.hash != record.hash or record.source.newer_than(own):
        _remember(sink, record, None, "unchanged", "", record.content(base | record.values))
    return Outcome("unchanged")


def _detached(sink: RestSink, record: Record) -> Outcome:
    sink.ledger.detach(sink.stream, record.external_id, "deleted at the destination")
    sink.logger.warning(
        "%s %s was deleted at the destination by a person: it is not made again", sink.stream, record.external_id
    )
    return Outcome("detached", "deleted at the destination")


def _everything(held: Held) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for content in held.contents.values():
        values |= content.values
    return values


def _extra(base: dict[str, Any], merged: Merged, place: str | None) -> dict[str, Any]:
    kept = {f"@{name}": value for name, value in merged.kept.items()}
    return {name: value for name, value in base.items() if name[0] == "@"} | kept | ({PLACE: place} if place else {})


def _remember(sink: RestSink, record: Record, key: str | None, result: str, detail: str, content: Content) -> None:
    sink.ledger.written(
        sink.stream,
        record.external_id,
        vendor_key=key,
        flow=record.flow,
        content=content,
        result=result,
        detail=detail,
    )
