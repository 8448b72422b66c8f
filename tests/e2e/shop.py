"""Records of a small shop, as the Clarity API shows them."""

from __future__ import annotations

import copy
from typing import Any

ADDRESS = {
    "name": "Ada Byron",
    "company": "Acme Ltd",
    "line1": "1 Main St",
    "line2": None,
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
    "phone": "+1 512 555 0100",
}
STAGES = {
    "pending": "New Order",
    "confirmed": "In Fulfillment",
    "processing": "In Fulfillment",
    "on_hold": "On Hold",
    "shipped": "Shipped",
    "completed": "Won",
    "cancelled": "Lost",
    "refunded": "Refunded",
}
"""The stage in Streak of each order status."""
ORDER = {
    "orderId": "100234",
    "orderNumber": "SO-100234",
    "customerId": "C-881",
    "email": "ada@acme.example",
    "orderDate": "2026-05-01T14:03:11Z",  # a Friday
    "updatedAt": "2026-05-01T15:00:00Z",
    "version": 1,
    "status": "pending",
    "currency": "USD",
    "subtotalAmount": 180.0,
    "shippingAmount": 12.5,
    "taxAmount": 15.88,
    "discountAmount": 0.0,
    "totalAmount": 208.38,
    "purchaseOrderNumber": "PO-77",
    "trackingNumber": None,
    "salesRepEmail": "maya@sandbox-sales.example",
    "customerNote": "Ring twice",
    "isTest": False,
    "shippingAddress": ADDRESS,
    "billingAddress": ADDRESS,
    "lineItems": [
        {
            "lineId": "1",
            "productId": "P-9",
            "sku": "BOLT-M8",
            "name": "Bolt M8",
            "quantity": 10,
            "unitPrice": 18.0,
            "discountAmount": 0,
            "totalAmount": 180.0,
        }
    ],
    "paymentInfo": None,
}
CUSTOMER = {
    "customerId": "C-881",
    "firstName": "Ada",
    "lastName": "Byron",
    "email": "ada@acme.example",
    "phone": "+1 512 555 0100",
    "title": None,
    "company": {"companyId": "CO-12", "name": "Acme Ltd", "domain": "acme.example", "industry": None},
    "addresses": [{"type": "billing", "isDefault": True, **ADDRESS}],
    "acceptsMarketing": False,
    "isGuest": False,
    "salesRepEmail": None,
    "attributes": {},
    "createdAt": "2026-04-01T00:00:00Z",
    "updatedAt": "2026-04-01T00:00:00Z",
    "version": 1,
    "mergedIntoCustomerId": None,
}
PAYMENT = {
    "paymentId": "PAY-7",
    "orderId": "100234",
    "method": "card",
    "status": "captured",
    "amount": 208.38,
    "currency": "USD",
    "transactionId": "ch_1",
    "last4": "4242",
    "createdAt": "2026-05-01T14:03:15Z",
    "updatedAt": "2026-05-01T14:03:15Z",
}


def row(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    """A line for the sandbox's bulk load."""
    return {"system": "clarity", "type": kind, "record": record}


def order(number: int = 100234, **changes: Any) -> dict[str, Any]:
    """An order as a line to load; a change of `None` stands for null."""
    record = copy.deepcopy(ORDER) | {"orderId": str(number), "orderNumber": f"SO-{number}"} | changes
    return row("orders", record)


def customer(**changes: Any) -> dict[str, Any]:
    """A customer as a line to load."""
    return row("customers", copy.deepcopy(CUSTOMER) | changes)


def payment(**changes: Any) -> dict[str, Any]:
    """A payment as a line to load."""
    return row("payments", copy.deepcopy(PAYMENT) | changes)


def guest(number: int = 100234, **changes: Any) -> dict[str, Any]:
    """An order without a customer record, by a private person."""
    private = ADDRESS | {"name": "Jean-Luc Ó Briain", "company": None}
    return order(
        number,
        **{"customerId": None, "email": "jl@gmail.com", "billingAddress": private, "shippingAddress": private}
        | changes,
    )
