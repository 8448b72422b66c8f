"""The shapes of the API, as JSON Schemas."""

from typing import Any

from sandbox.clarity.events import EVENTS
from sandbox.clarity.fields import INVOICE_STATUSES

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "null"]}
ID: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
STAMP: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": ["string", "null"], "format": "date"}
MONEY: Schema = {"type": ["number", "null"], "description": "At most 4 decimals; to be read as a decimal number"}
CURRENCY: Schema = {"type": ["string", "null"], "description": "ISO 4217"}
ORDER_STATUSES = ("pending", "confirmed", "processing", "on_hold", "shipped", "completed", "cancelled", "refunded")
PAYMENT_STATUSES = ("authorized", "captured", "refunded", "partially_refunded", "failed", "voided")


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema, *required: str, closed: bool = False) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def _or_null(name: str) -> Schema:
    return {"anyOf": [ref(name), {"type": "null"}]}


def _list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _texts(*names: str) -> Schema:
    return dict.fromkeys(names, TEXT)


def _known(values: tuple[str, ...]) -> Schema:
    return {"type": ["string", "null"], "description": f"Usually {', '.join(values)}; a site may have others"}


_ADDRESS = _texts("name", "company", "line1", "line2", "city", "region", "postalCode", "country", "phone")
_WRITABLE_CUSTOMER: Schema = {
    **_texts("firstName", "lastName", "email", "phone", "title", "salesRepEmail"),
    "company": _or_null("Company"),
    "addresses": _list_of(ref("CustomerAddress")),
    "acceptsMarketing": FLAG,
    "attributes": {"type": ["object", "null"]},
}
_WRITABLE_ORDER: Schema = {
    "status": {"type": "string", "description": "A status of the shop; nothing goes back to pending once it was sent"},
    **_texts("trackingNumber", "salesRepEmail", "customerNote"),
    "shippingAddress": _or_null("Address"),
    "billingAddress": _or_null("Address"),
}
_PAYMENT: Schema = {
    **_texts("method", "transactionId", "last4"),
    "status": _known(PAYMENT_STATUSES),
    "amount": MONEY,
    "currency": CURRENCY,
}
_WEBHOOK: Schema = {
    "url": {"type": "string", "format": "uri"},
    "events": _list_of({"type": "string", "enum": list(EVENTS)}),
}

SCHEMAS: dict[str, Schema] = {
    "Address": _object(_ADDRESS),
    "CustomerAddress": _object({"type": TEXT, "isDefault": FLAG, **_ADDRESS}),
    "Company": _object(_texts("companyId", "name", "domain", "industry")),
    "LineItem": _object(
        {
            **_texts("lineId", "productId", "sku", "name"),
            "quantity": {"type": "number"},
            "unitPrice": MONEY,
            "discountAmount": MONEY,
            "totalAmount": MONEY,
        }
    ),
    "PaymentInfo": _object({"paymentId": TEXT, **_PAYMENT, "paidAt": INSTANT}),
    "Order": _object(
        {
            "orderId": ID,
            **_texts("orderNumber", "customerId", "email", "purchaseOrderNumber"),
            **_texts("trackingNumber", "salesRepEmail", "customerNote"),
            "orderDate": INSTANT,
            "updatedAt": STAMP,
            "version": WHOLE,
            "status": _known(ORDER_STATUSES),
            "currency": CURRENCY,
            **dict.fromkeys(("subtotalAmount", "shippingAmount", "taxAmount", "discountAmount", "totalAmount"), MONEY),
            "isTest": FLAG,
            "shippingAddress": _or_null("Address"),
            "billingAddress": _or_null("Address"),
            "lineItems": _list_of(ref("LineItem")),
            "paymentInfo": _or_null("PaymentInfo"),
        },
        "orderId",
        "updatedAt",
        "version",
    ),
    "Customer": _object(
        {
            "customerId": ID,
            **_WRITABLE_CUSTOMER,
            "isGuest": FLAG,
            "createdAt": INSTANT,
            "updatedAt": STAMP,
            "version": WHOLE,
            "mergedIntoCustomerId": TEXT,
        },
        "customerId",
        "updatedAt",
        "version",
    ),
    "Product": _object(
        {
            "productId": ID,
            **_texts("sku", "name", "description", "category", "brand"),
            "price": MONEY,
            "currency": CURRENCY,
            "stockQuantity": WHOLE,
            "isActive": FLAG,
            "createdAt": INSTANT,
            "updatedAt": STAMP,
            "version": WHOLE,
        },
        "productId",
        "updatedAt",
        "version",
    ),
    "Payment": _object(
        {"paymentId": ID, "orderId": TEXT, **_PAYMENT, "createdAt": INSTANT, "updatedAt": STAMP},
        "paymentId",
        "updatedAt",
    ),
    "Invoice": _object(
        {
            "invoiceId": ID,
            **_texts("orderId", "customerId", "externalId"),
            "status": _known(INVOICE_STATUSES),
            "invoiceDate": INSTANT,
            "dueDate": DATE,
            "currency": CURRENCY,
            "totalAmount": MONEY,
            "amountDue": MONEY,
            "createdAt": INSTANT,
            "updatedAt": STAMP,
        },
        "invoiceId",
        "updatedAt",
    ),
    "Note": _object(
        {
            "noteId": ID,
            "orderId": ID,
            "text": {"type": "string"},
            "externalId": TEXT,
            "createdAt": STAMP,
            "updatedAt": STAMP,
        },
        "noteId",
        "orderId",
        "text",
    ),
    "Webhook": _object({"webhookId": ID, **_WEBHOOK, "isActive": FLAG}, "webhookId", "url", "events", "isActive"),
    "NewWebhook": _object({**_WEBHOOK, "secret": TEXT}, "url", "events", closed=True),
    "CreatedWebhook": {"allOf": [ref("Webhook"), _object({"secret": ID}, "secret")]},
    "NewCustomer": _object(_WRITABLE_CUSTOMER, closed=True),
    "CustomerPatch": _object(_WRITABLE_CUSTOMER, closed=True),
    "OrderPatch": _object(_WRITABLE_ORDER, closed=True),
    "NewNote": _object({"text": {"type": "string", "minLength": 1}, "externalId": TEXT}, "text", closed=True),
    "NewInvoice": _object({"orderId": ID, "dueDate": DATE, "externalId": TEXT}, "orderId", closed=True),
    "InvoicePatch": _object(
        {"status": {"type": "string", "enum": list(INVOICE_STATUSES)}, "dueDate": DATE}, closed=True
    ),
    "Event": _object(
        {"type": {"type": "string", "enum": list(EVENTS)}, "timestamp": STAMP, "data": {"type": "object"}},
        "type",
        "timestamp",
        "data",
    ),
    "TokenRequest": _object(
        {
            "grant_type": {"type": "string", "const": "client_credentials"},
            **dict.fromkeys(("client_id", "client_secret", "scope"), ID),
        },
        "grant_type",
    ),
    "Token": _object(
        {"access_token": ID, "token_type": {"type": "string", "const": "Bearer"}, "expires_in": WHOLE},
        "access_token",
        "token_type",
        "expires_in",
    ),
    "TokenError": _object({"error": {"type": "string"}}, "error"),
    "Error": _object(
        {
            "error": _object(
                {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "details": _list_of(_object({"field": ID, "message": ID}, "field", "message")),
                },
                "code",
                "message",
            )
        },
        "error",
    ),
}


def list_of(name: str) -> Schema:
    """The envelope of a list."""
    return _object({"data": _list_of(ref(name)), "totalCount": WHOLE, "hasMore": FLAG}, "data", "totalCount", "hasMore")
