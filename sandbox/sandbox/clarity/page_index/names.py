"""Records in the names and forms of this skin, and back."""

import datetime as dt
from typing import Any

from sandbox.clarity.kinds import CUSTOMERS, INVOICES, NOTES, ORDERS, PAYMENTS, PRODUCTS, Kind

Record = dict[str, Any]
PATHS = {
    "customers": "/contacts/customers",
    "products": "/products/products",
    "orders": "/ordering/orders",
    "payments": "/payments/payments",
    "invoices": "/invoicing/invoices",
}
_EVERY = {"createdAt": "createdDate", "updatedAt": "updatedDate"}
NAMES: dict[str, dict[str, str]] = {
    CUSTOMERS.plural: {"email": "emailAddress", "company": "account", "mergedIntoCustomerId": "mergedIntoId"},
    PRODUCTS.plural: {"stockQuantity": "inventory.quantity", "isActive": "active"},
    ORDERS.plural: {
        "customerId": "customer.id",
        "orderDate": "placedDate",
        "totalAmount": "totals.total",
        "subtotalAmount": "totals.subtotal",
        "shippingAmount": "totals.shipping",
        "taxAmount": "totals.tax",
        "discountAmount": "totals.discount",
        "lineItems": "items",
    },
    PAYMENTS.plural: {},
    INVOICES.plural: {"invoiceDate": "createdOn", "externalId": "reference"},
    NOTES.plural: {"text": "note", "externalId": "reference"},
}
INSTANTS = ("createdAt", "updatedAt", "orderDate", "invoiceDate")
_ITEM = {"lineId": "id", "unitPrice": "price"}


def names_of(kind: Kind) -> dict[str, str]:
    """The names of a kind's fields here, by the contract's; a point leads into an object."""
    return {kind.id_name: "id", **_EVERY, **NAMES[kind.plural]}


def shown(kind: Kind, record: Record) -> Record:
    """A record as this skin shows it."""
    names = names_of(kind)
    row: Record = {}
    for name, value in record.items():
        _put(row, names.get(name, name), _shown_value(name, value))
    return row


def _shown_value(name: str, value: Any) -> Any:
    if name in INSTANTS and isinstance(value, str):
        return _without_offset(value)
    if name == "lineItems":
        return [{_ITEM.get(key, key): part for key, part in item.items()} for item in value or ()]
    if name == "company" and isinstance(value, dict):
        return {("id" if key == "companyId" else key): part for key, part in value.items()}
    return value


def meant(kind: Kind, body: Record) -> Record:
    """A body of this skin as the contract has it; what it does not know stays, to be refused."""
    record: Record = {}
    rest: Record = {name: dict(value) if isinstance(value, dict) else value for name, value in body.items()}
    for name, here in names_of(kind).items():
        outer, _, inner = here.partition(".")
        if not inner and outer in rest:
            record[name] = rest.pop(outer)
        elif inner and isinstance(rest.get(outer), dict) and inner in rest[outer]:
            record[name] = rest[outer].pop(inner)
            if not rest[outer]:
                del rest[outer]
    if isinstance(record.get("company"), dict):
        record["company"] = {("companyId" if key == "id" else key): part for key, part in record["company"].items()}
    foreign = {name for name, here in names_of(kind).items() if name != here}
    return {(f"{name} here" if name in foreign else name): value for name, value in rest.items()} | record


def _put(row: Record, here: str, value: Any) -> None:
    outer, _, inner = here.partition(".")
    if inner:
        row.setdefault(outer, {})[inner] = value
    else:
        row[outer] = value


def _without_offset(text: str) -> str:
    moment = dt.datetime.fromisoformat(text)
    moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    return moment.replace(tzinfo=None).isoformat()
