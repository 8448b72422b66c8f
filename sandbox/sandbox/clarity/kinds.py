"""The kinds of records that the shop keeps, and their full shape."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its path, its id, what a record has when nobody says otherwise, and the filters of its list."""

    plural: str
    singular: str
    id_name: str
    prefix: str
    shape: dict[str, Any]
    filters: tuple[str, ...] = field(default=())


_TIMES: dict[str, Any] = {"createdAt": None, "updatedAt": None}

ORDERS = Kind(
    "orders",
    "order",
    "orderId",
    "",
    {
        "orderNumber": None,
        "customerId": None,
        "email": None,
        "orderDate": None,
        "updatedAt": None,
        "version": 1,
        "status": "pending",
        "currency": "USD",
        "subtotalAmount": 0,
        "shippingAmount": 0,
        "taxAmount": 0,
        "discountAmount": 0,
        "totalAmount": 0,
        "purchaseOrderNumber": None,
        "trackingNumber": None,
        "salesRepEmail": None,
        "customerNote": None,
        "isTest": False,
        "shippingAddress": None,
        "billingAddress": None,
        "lineItems": [],
        "paymentInfo": None,
    },
    ("status", "customerId"),
)
CUSTOMERS = Kind(
    "customers",
    "customer",
    "customerId",
    "C-",
    {
        "firstName": None,
        "lastName": None,
        "email": None,
        "phone": None,
        "title": None,
        "company": None,
        "addresses": [],
        "acceptsMarketing": False,
        "isGuest": False,
        "salesRepEmail": None,
        "attributes": {},
        **_TIMES,
        "version": 1,
        "mergedIntoCustomerId": None,
    },
    ("email",),
)
PRODUCTS = Kind(
    "products",
    "product",
    "productId",
    "P-",
    {
        "sku": None,
        "name": None,
        "description": None,
        "category": None,
        "brand": None,
        "price": 0,
        "currency": "USD",
        "stockQuantity": 0,
        "isActive": True,
        **_TIMES,
        "version": 1,
    },
)
PAYMENTS = Kind(
    "payments",
    "payment",
    "paymentId",
    "PAY-",
    {
        "orderId": None,
        "method": "card",
        "status": "authorized",
        "amount": 0,
        "currency": "USD",
        "transactionId": None,
        "last4": None,
        **_TIMES,
    },
)
INVOICES = Kind(
    "invoices",
    "invoice",
    "invoiceId",
    "INV-",
    {
        "orderId": None,
        "customerId": None,
        "status": "unpaid",
        "invoiceDate": None,
        "dueDate": None,
        "currency": "USD",
        "totalAmount": 0,
        "amountDue": 0,
        **_TIMES,
    },
)
NOTES = Kind("notes", "note", "noteId", "N-", {"orderId": None, "text": "", "externalId": None, **_TIMES})

LISTED = (ORDERS, CUSTOMERS, PRODUCTS, PAYMENTS, INVOICES)
KINDS = {kind.plural: kind for kind in (*LISTED, NOTES)}
