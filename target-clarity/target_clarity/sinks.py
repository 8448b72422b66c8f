"""The streams of the shop: nouns; how a record is written is the same for all (singer_rest)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from clarity_api.profile import Write
from singer_rest import (
    Intent,
    NotOurs,
    Record,
    RecordRejected,
    counterparts,
    ms_of_text,
    natural_key,
    read_or_none,
    reverse_contents,
)

from target_clarity.clarity_sink import ClaritySink, OrderEffect

MERGED = "mergedIntoCustomerId"
UNCHANGING = ("orderNumber", "orderDate")
"""What nobody changes of an order, so that a box which shows another value shows another order."""
SAME_EMAIL = 10  # so many of one address are looked at
PLACE = ("line1", "line2", "city", "region", "postalCode", "country")


def _words(address: dict[str, Any]) -> str:
    """Tell addresses apart by their words, however they are split into lines and fields."""
    text = " ".join(str(address.get(part) or "") for part in PLACE)
    return " ".join(sorted(re.findall(r"\w+", text.casefold())))


class Orders(ClaritySink):
    """Orders: changed, never made."""

    stream = "orders"
    key_field = "orderId"
    updates = "update_order"
    writable = frozenset({
        "status", "trackingNumber", "salesRepEmail", "customerNote", "shippingAddress", "billingAddress",
    })  # fmt: skip

    def identified(self, record: Record) -> Record:
        """Give the record under the id of the order that its box was made of. NotOurs for a box of another source."""
        source, named = record.source, _order_id(record)
        if not (source.stream and source.key):
            return record
        order = self.order_of(source.stream, source.key, named)
        contents = list(self.ledger.links.contents(self.stream, order).values())
        shown = set(counterparts(contents, source.stream))
        if shown and source.key not in shown and not self.is_known(record):
            raise NotOurs(f"{source.key} names order {named}, which {min(shown)} shows")
        if named != order and self.is_known(record):
            for link in self.ledger.reverse.links(source.stream, vendor_key=source.key):
                self.ledger.reverse.note_lost_id(source.stream, link.external_id)
        if order == named == record.external_id:
            return record
        known = {"orderId": order} if "orderId" in record.raw else {}
        return replace(record, external_id=order, raw={**record.raw, **known, "externalId": order})

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:  # noqa: ARG002
        """Read the order. NotOurs where the ledger does not know the box, and it shows another number or date."""
        order = read_or_none(self, _order_id(record))
        differs = [name for name in UNCHANGING if order and not _agree(record.values.get(name), order.get(name))]
        if differs and not self.is_known(record):
            raise NotOurs(f"{record.source.key} names order {_order_id(record)}, but its {differs[0]} is another's")
        return order

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Refuse: only customers order."""
        reason = f"the shop has no order {_order_id(record)}, and orders are made in the shop only"
        raise RecordRejected(reason, code="unknown_order")


class Customers(ClaritySink):
    """Customers: known by id, from the other direction or by e-mail; never a second one."""

    stream = "customers"
    key_field = "customerId"
    creates, updates = "create_customer", "update_customer"
    writable = frozenset({
        "firstName", "lastName", "email", "phone", "title", "company", "addresses", "acceptsMarketing",
        "salesRepEmail", "attributes",
    })  # fmt: skip
    item_keys: ClassVar = {"addresses": _words}

    def identified(self, record: Record) -> Record:
        """Give the record as it is. NotOurs for a person whom only another source of the other direction brought."""
        source, reverse = record.source, self.ledger.reverse
        if not (source.stream and source.key) or reverse.links(source.stream, vendor_key=source.key):
            return record
        if (other := reverse.neighbours.source_of(source.stream, source.key)) is not None:
            raise NotOurs(f"{source.key} is of {other}")
        return record

    def natural_keys(self, record: Record) -> list[str]:
        """Give the id where it is known, else the e-mail address."""
        if known := self._known_id(record):
            return [f"id:{known}"] if known != record.external_id else []
        email = str(record.values.get("email") or "").strip()
        return [natural_key("email", email)] if email else []

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:  # noqa: ARG002
        """Read the customer by id, else look for the e-mail addresses, its own first."""
        known = self._known_id(record)
        found = read_or_none(self, known) if known else None
        for email in _emails(record):
            if found is None:
                found = self._with_email(email)
        return self._survivor(found) if found else None

    def skip_reason(self, record: Record) -> str | None:
        """Leave a customer alone whom the source itself merged into another."""
        return "merged into another customer" if record.values.get(MERGED) else None

    def skip_create_reason(self, record: Record) -> str | None:
        """Make nobody without an e-mail address: it could be somebody whom the shop knows."""
        if not self.create_customers:
            return "the shop has no such customer (create_customers)"
        return None if record.values.get("email") else "no e-mail, so nobody can tell who it is in the shop"

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make a customer, or take the one that got this e-mail address meanwhile."""
        return self._survivor(self.make_or_take(record, body))

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:
        """Change a customer; one that was merged into another means the other, too."""
        answer = super().update(key, body, seen)
        return self.update(str(answer[MERGED]), body, None) if answer.get(MERGED) else answer

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:
        """Give the shop's property and value; a list is cleared by an empty one."""
        return super().encode(name, [] if name == "addresses" and value is None else value, container)

    def _known_id(self, record: Record) -> str | None:
        """Give the id in the record, or of the customer that the other direction made the source's record of."""
        given = record.values.get(self.key_field)
        return str(given) if given else next(counterparts(reverse_contents(self, record), self.stream), None)

    def _with_email(self, email: str) -> dict[str, Any] | None:
        """Look for the address. RecordRejected where neither the shop's list nor its refusal could tell."""
        reading, write = self.reading, self.profile.write(self.creates)
        if reading.by_email:
            return _best(self.site.with_email(email, SAME_EMAIL))
        if write is None or write.exists:
            return None
        why = f"nobody can tell whether the shop knows the address: {reading.place()} has no by_email"
        raise RecordRejected(why, code="not_supported")

    def _survivor(self, customer: dict[str, Any]) -> dict[str, Any]:
        return self.read(str(customer[MERGED])) if customer.get(MERGED) else customer


class Notes(OrderEffect):
    """Notes on orders."""

    stream = "notes"
    key_field = "noteId"
    creates = "create_note"

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # it is made whole
        """Make a note on its order."""
        note = {"text": record.values["text"]} | self.name(record)
        return self.make(record, note, key=self.order(record))

    def made(self, record: Record, write: Write) -> dict[str, Any]:  # noqa: ARG002
        """Name it as the source does: nobody asks for a note again."""
        return {self.key_field: record.external_id}


class Invoices(OrderEffect):
    """Invoices: made once, then paid or voided."""

    stream = "invoices"
    key_field = "invoiceId"
    creates, updates = "create_invoice", "update_invoice"
    lasting = True
    writable = frozenset({"status", "dueDate"})

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Read the invoice whose id is known."""
        known = record.values.get(self.key_field)
        return read_or_none(self, str(known)) if known else super().look_up(record, intent)

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # status follows
        """Make an invoice, or take the one that the order has."""
        due = record.values.get("dueDate")
        invoice = {"orderId": self.order(record)} | self.name(record) | ({"dueDate": due} if due else {})
        return self.make_or_take(record, invoice)


def _agree(ours: Any, theirs: Any) -> bool:
    """Whether two values may be the same; what is missing says nothing."""
    if not ours or not theirs or str(ours).strip().casefold() == str(theirs).strip().casefold():
        return True
    return ms_of_text(str(ours)) is not None and ms_of_text(str(ours)) == ms_of_text(str(theirs))


def _order_id(record: Record) -> str:
    return str(record.values.get("orderId") or record.external_id)


def _emails(record: Record) -> list[str]:
    emails = [record.values.get("email"), *(record.values.get("otherEmails") or [])]
    return list(dict.fromkeys(email.strip() for email in emails if email and email.strip()))


def _best(found: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Choose among customers of one e-mail address: not merged away, registered, the oldest."""

    def order(customer: dict[str, Any]) -> tuple[bool, bool, str]:
        return bool(customer.get(MERGED)), bool(customer.get("isGuest")), str(customer.get("createdAt"))

    return min(found, key=order, default=None)
