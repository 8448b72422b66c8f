"""What may be written to a record, field by field."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from sandbox.clarity.refusal import invalid

Check = Callable[[Any], str | None]
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _text(value: Any) -> str | None:
    return None if value is None or isinstance(value, str) else "must be a string or null"


def _named(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be a string that is not empty"


def _email(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and EMAIL.fullmatch(value)):
        return None
    return "must be an e-mail address or null"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _object(value: Any) -> str | None:
    return None if value is None or isinstance(value, dict) else "must be an object or null"


def _texts(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return "must be an object or null"
    wrong = [name for name, text in value.items() if _text(text)]
    return f"{', '.join(wrong)} must be a string or null" if wrong else None


def _addresses(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return None
    return "must be a list of addresses"


def _date(value: Any) -> str | None:
    try:
        return None if value is None else str(dt.date.fromisoformat(value))[:0] or None
    except (ValueError, TypeError):
        return "must be a date like 2026-06-01 or null"


def _one_of(*values: str) -> Check:
    return lambda value: None if value in values else f"must be one of {', '.join(values)}"


INVOICE_STATUSES = ("unpaid", "partially_paid", "paid", "void")
ORDER_PATCH: dict[str, Check] = {
    "status": _named,
    "trackingNumber": _text,
    "salesRepEmail": _email,
    "customerNote": _text,
    "shippingAddress": _texts,
    "billingAddress": _texts,
}
CUSTOMER: dict[str, Check] = {
    "firstName": _text,
    "lastName": _text,
    "email": _email,
    "phone": _text,
    "title": _text,
    "company": _texts,
    "addresses": _addresses,
    "acceptsMarketing": _flag,
    "salesRepEmail": _email,
    "attributes": _object,
}
NEW_NOTE: dict[str, Check] = {"text": _named, "externalId": _text}
NEW_INVOICE: dict[str, Check] = {"orderId": _named, "dueDate": _date, "externalId": _text}
INVOICE_PATCH: dict[str, Check] = {"status": _one_of(*INVOICE_STATUSES), "dueDate": _date}


def check(body: dict[str, Any], checks: dict[str, Check], *, required: tuple[str, ...] = ()) -> None:
    """Refuse unknown, missing and ill-typed fields, all at once."""
    details = {name: "is required" for name in required if body.get(name) is None}
    for name, value in body.items():
        problem = checks[name](value) if name in checks else "is unknown or can't be written"
        if problem:
            details.setdefault(name, problem)
    if details:
        raise invalid(details)


def merged(old: Any, new: Any) -> Any:
    """JSON merge patch, but a cleared field stays there as null: objects merge, lists replace."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{name: merged(old.get(name), value) for name, value in new.items()}}
