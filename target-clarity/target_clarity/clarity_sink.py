"""What the shop's streams have in common: versions, idempotency keys, what can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

import msgspec
from clarity_api.profile import SiteProfile, StreamProfile, Write
from clarity_api.renames import value_at
from clarity_api.site import Site
from singer_rest import (
    ApiError,
    Intent,
    LogOnce,
    NotOurs,
    Record,
    RecordFault,
    RecordRejected,
    Reference,
    RestSink,
    RunContext,
    VersionConflict,
    counterparts,
)

EXTRA = "_extra"
REFUSALS = "refusals"
NEVER_NULL = frozenset({"status", "acceptsMarketing"})

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="number").encode


class ClaritySink(RestSink):
    """What all streams of the shop have in common."""

    version_field = "version"
    changed_at_fields: ClassVar = {"*": "updatedAt"}
    writable: ClassVar[frozenset[str]] = frozenset()
    creates: ClassVar[str] = ""
    """The write of the site profile that makes a record."""
    updates: ClassVar[str] = ""
    """The one that changes a record."""

    def __init__(  # noqa: PLR0913 - three settings more than any sink, by name
        self,
        context: RunContext,
        schema: dict[str, Any],
        key_properties: Sequence[str] = (),
        *,
        profile: SiteProfile,
        directions: str,
        create_customers: bool,
    ) -> None:
        """Take what the shop's sinks share: how it is spoken to, the names of the two sides, a setting."""
        super().__init__(context, schema, key_properties)
        self.profile, self.site = profile, Site(context.client, profile)
        self.directions, self.create_customers = directions, create_customers
        self._once = LogOnce(context.logger)

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give what the shop lets be written; what it keeps itself is not sent."""
        if name not in self.writable or (value is None and name in NEVER_NULL):
            return None
        write = self.profile.write(self.updates)
        if write and name in write.missing:
            self._once.warning(f"{self.stream}.{name} is not written: the shop has none ({write.place('fields')})")
            return None
        return name, without_extra(value)

    def repeatable(self, record: Record) -> bool:  # noqa: ARG002
        """Whether the shop heeds a key that makes one of two equal creates."""
        write = self.profile.write(self.creates)
        return write is not None and write.idempotency_key is not None

    def read(self, key: str) -> dict[str, Any]:
        """Read one record."""
        check_id(key)
        return self.site.record(self.reading, key)

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:
        """Change a record if it is as it was seen; without a version, whatever it is now."""
        write, version = self.writing(self.updates), self.version_of(seen) if seen is not None else None
        headers = {write.if_match: str(version)} if write.if_match and version is not None else None
        check_id(key)
        try:
            return self.site.send(write, body, key=key, headers=headers) or self.read(key)
        except ApiError as refused:
            if not (refused.status == 409 and refused.code == "version_conflict") and refused.status != 412:
                raise
            current = refused.answer.get("current")
        raise VersionConflict(self.reading.to_contract(current) if isinstance(current, dict) else self.read(key))

    def make(self, record: Record, body: dict[str, Any], *, key: str = "") -> dict[str, Any]:
        """POST what is to be there once: sent again, in this run or the next, it has no second effect."""
        write = self.writing(self.creates)
        refusals = int(self.ledger.bindings.get(REFUSALS, self.stream, record.external_id) or 0)
        about = [self.directions, self.stream, record.external_id, body, refusals]
        name = str(uuid5(NAMESPACE_URL, _canonical(about).decode()))
        headers = {write.idempotency_key: name} if write.idempotency_key else None
        if key:
            check_id(key)
        try:
            made = self.site.send(write, body, key=key, headers=headers)
        except ApiError as refused:
            # the shop gives its first answer to a key for a day, and what was refused may be right tomorrow
            if refused.final:
                self.ledger.bindings.bind(REFUSALS, self.stream, record.external_id, str(refusals + 1))
            raise
        return made or self.made(record, write)

    def made(self, record: Record, write: Write) -> dict[str, Any]:
        """Give the record that a create made which answered with none."""
        if found := self.look_up(record, None):
            return found
        raise RecordRejected(f"the answer to a create names no record ({write.place('record')})", code="no_record")

    def make_or_take(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make it, or give the one that the shop says it has already."""
        exists = self.writing(self.creates).exists
        try:
            return self.make(record, body)
        except ApiError as refused:
            known = value_at(refused.answer, exists["id"]) if exists else None
            if not exists or not known or refused.code != exists.get("code", refused.code):
                raise
            if refused.status != exists.get("status", refused.status):
                raise
        return self.read(str(known))

    def order_of(self, stream: str, key: str, named: str | None) -> str:
        """Give the order that a record of the source (a box) is about: the one that the ledger knows it was made of.

        Only where the ledger does not know it, what is `named` on it counts; `box:KEY` names nothing. NotOurs where it
        is another source's, or where its order is shown by another record; RecordRejected where nothing is named.
        """
        reverse = self.ledger.reverse
        contents, links = reverse.contents(stream, key), reverse.links(stream, vendor_key=key)
        if contents and links:
            return next(counterparts(contents, "orders"), links[0].external_id)
        if (other := reverse.neighbours.source_of(stream, key)) is not None:
            raise NotOurs(f"{key} is of {other}")
        if not named:
            raise RecordRejected(f"box {key} was made of no order that the ledger knows", code="unknown_box")
        if named == f"box:{key}":
            raise NotOurs(f"{key} names no order")
        if reverse.in_doubt_of(stream, named):
            raise RecordFault(f"{stream} of order {named} are just being made", code="under_way")
        shown = {link.vendor_key for link in reverse.links(stream, external_id=named) if link.vendor_key}
        if shown - {key}:
            raise NotOurs(f"{key} names order {named}, which {min(shown - {key})} shows")
        if not shown and reverse.has_any(stream):
            raise NotOurs(f"{key} names order {named}, and the ledger does not know it")
        return named

    def is_known(self, record: Record) -> bool:
        """Whether the ledger knows what the source's record was made of."""
        source = record.source
        return bool(source.stream and source.key and self.ledger.reverse.contents(source.stream, source.key))

    @property
    def reading(self) -> StreamProfile:
        """How the shop's records of this stream are read. RecordRejected where it does not have them."""
        return self.reading_of(self.stream)

    def reading_of(self, stream: str) -> StreamProfile:
        """How records of a stream are read. RecordRejected where the shop does not have them."""
        profile = self.profile.streams.get(stream)
        if profile is None:
            raise RecordRejected(f"{self.profile.place('streams')} has no {stream}", code="not_supported")
        return profile

    def writing(self, name: str) -> Write:
        """How a kind of record is written. RecordRejected where the shop does not take it."""
        write = self.profile.write(name)
        if write is None:
            why = f"the shop does not take it: {self.profile.place('writes')} has no {name}"
            raise RecordRejected(why, code="not_supported")
        return write


class OrderEffect(ClaritySink):
    """Something that happens once to an order."""

    effect = True
    references = (Reference("orderId", "orders"),)

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find nothing: the shop itself knows what it was told before. RecordRejected where it can't."""
        write = self.writing(self.creates)
        if intent is None or write.idempotency_key or write.exists:
            return None
        self.ledger.intents.close(self.stream, record.external_id)
        why = "whether the shop has it is not known: look there, then `dead-letters retry` or `discard`"
        raise RecordRejected(f"{why} ({write.place('idempotency_key')} has no idempotency_key)", code="unknown_outcome")

    def identified(self, record: Record) -> Record:
        """Give the record with the id of its order. NotOurs where its box is another source's."""
        given, source, named = record.values.get("boxKey"), record.source, record.values.get("orderId")
        box = given or (source.key if source.stream == "boxes" and named else None)
        if not box:
            return record
        order = self.order_of("boxes", str(box), str(named) if named else None)
        return replace(record, raw={**record.raw, "orderId": order})

    def order(self, record: Record) -> str:
        """Give the id of its order. RecordRejected when nothing names it."""
        if given := record.values.get("orderId"):
            return str(given)
        raise RecordRejected("neither orderId nor boxKey says which order it belongs to", code="no_order")

    def name(self, record: Record) -> dict[str, str]:
        """Give what the shop keeps of the event's name."""
        return {"externalId": record.external_id} if record.raw.get("externalId") else {}


def check_id(key: str) -> None:
    """Raise RecordRejected for an id that can't be a part of a path."""
    if key.strip() in {"", ".", ".."}:
        raise RecordRejected("the id can't be part of an address", code="bad_id")


def without_extra(value: Any) -> Any:
    """Put fields that tap-clarity gathers in `_extra` back where the shop has them."""
    if isinstance(value, list):
        return [without_extra(item) for item in value]
    if not isinstance(value, dict) or EXTRA not in value:
        return value
    return {name: inner for name, inner in value.items() if name != EXTRA} | (value[EXTRA] or {})
