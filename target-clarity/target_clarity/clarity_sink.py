"""What the shop's streams have in common: versions, idempotency keys, what can be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec
from singer_rest import (
    ApiError,
    Intent,
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
    repeatable_creates = True
    writable: ClassVar[frozenset[str]] = frozenset()
    exists_code: ClassVar[str] = ""
    """How the shop refuses to make what it has."""

    def __init__(
        self,
        context: RunContext,
        schema: dict[str, Any],
        key_properties: Sequence[str] = (),
        *,
        directions: str,
        create_customers: bool,
    ) -> None:
        """Take the two settings of the shop's sinks; `directions` names the two sides."""
        super().__init__(context, schema, key_properties)
        self.directions, self.create_customers = directions, create_customers

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give what the shop lets be written; what it keeps itself is not sent."""
        if name not in self.writable or (value is None and name in NEVER_NULL):
            return None
        return name, without_extra(value)

    def read(self, key: str) -> dict[str, Any]:
        """Read one record."""
        return cast("dict[str, Any]", self.client.get(self.path(key)))

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:
        """Change a record if it is as it was seen; without a version, whatever it is now."""
        version = self.version_of(seen) if seen is not None else None
        headers = {"If-Match": str(version)} if version is not None else None
        try:
            return cast("dict[str, Any]", self.client.patch(self.path(key), json=body, headers=headers))
        except ApiError as refused:
            if refused.status != 409 or refused.code != "version_conflict":
                raise
            current = refused.answer.get("current")
        raise VersionConflict(current if isinstance(current, dict) else self.read(key))

    def make(self, path: str, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """POST what is to be there once: sent again, in this run or the next, it has no second effect."""
        refusals = int(self.ledger.bindings.get(REFUSALS, self.stream, record.external_id) or 0)
        about = [self.directions, self.stream, record.external_id, body, refusals]
        key = uuid5(NAMESPACE_URL, _canonical(about).decode())
        try:
            return cast("dict[str, Any]", self.client.post(path, json=body, headers={"Idempotency-Key": str(key)}))
        except ApiError as refused:
            # the shop gives its first answer to a key for a day, and what was refused may be right tomorrow
            if refused.final:
                self.ledger.bindings.bind(REFUSALS, self.stream, record.external_id, str(refusals + 1))
            raise

    def make_or_take(self, path: str, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make it, or give the one that the shop says it has already."""
        try:
            return self.make(path, record, body)
        except ApiError as refused:
            known = refused.answer.get(self.key_field)
            if refused.code != self.exists_code or not known:
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

    def path(self, key: str) -> str:
        """Give the path of one record."""
        return f"/{self.stream}/{segment(key)}"


class OrderEffect(ClaritySink):
    """Something that happens once to an order."""

    effect = True
    references = (Reference("orderId", "orders"),)

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:  # noqa: ARG002
        """Find nothing: the shop itself knows what it was told before."""
        return None

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


def segment(key: str) -> str:
    """Give an id as one part of a path. RecordRejected when it can't be one."""
    if key.strip() in {"", ".", ".."}:
        raise RecordRejected("the id can't be part of an address", code="bad_id")
    return quote(key, safe="")


def without_extra(value: Any) -> Any:
    """Put fields that tap-clarity gathers in `_extra` back where the shop has them."""
    if isinstance(value, list):
        return [without_extra(item) for item in value]
    if not isinstance(value, dict) or EXTRA not in value:
        return value
    return {name: inner for name, inner in value.items() if name != EXTRA} | (value[EXTRA] or {})
