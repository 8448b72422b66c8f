"""Values in the forms that shops write: instants with and without an offset, epochs, numbers as texts, ids as numbers.

The contract's form is the other end of each: ISO 8601 texts, numbers, ids as texts. What is not of the form stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from singer_rest import from_ms, parse_instant, to_ms

SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
UNITS = {
    "iso": timedelta(microseconds=1),
    "iso_no_offset": SECOND,
    "date": timedelta(days=1),
    "epoch_seconds": SECOND,
    "epoch_ms": MILLISECOND,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor(instant: datetime, form: str) -> datetime:
    """The latest instant not after this one that the form can say."""
    return EPOCH + (instant - EPOCH) // UNITS[form] * UNITS[form]


def written(instant: datetime, form: str) -> str | int:
    """The instant as a shop writes it, never later than it is."""
    instant = floor(instant.astimezone(UTC), form)
    if form in {"epoch_seconds", "epoch_ms"}:
        return to_ms(instant) // (1000 if form == "epoch_seconds" else 1)
    if form == "date":
        return f"{instant:%Y-%m-%d}"
    text = instant.isoformat()
    return text.removesuffix("+00:00") if form == "iso_no_offset" else text.replace("+00:00", "Z")


def to_contract(value: Any, form: str) -> Any:
    """A shop's value as the contract has it."""
    return _converted(value, form, _READ)


def to_site(value: Any, form: str) -> Any:
    """A value of the contract as the shop has it."""
    return _converted(value, form, _WRITE)


def _converted(value: Any, form: str, table: dict[str, Callable[[Any], Any]]) -> Any:
    if value is None or isinstance(value, bool) or form not in table:
        return value
    try:
        return table[form](value)
    except (ValueError, TypeError, ArithmeticError, InvalidOperation):
        return value


def _from_epoch(value: Any, scale: int) -> str:
    number = Decimal(str(value)) * scale
    whole = int(number)
    instant = from_ms(whole) + timedelta(microseconds=int((number - whole) * 1000))
    return instant.isoformat().replace("+00:00", "Z")


def _with_offset(value: Any) -> str:
    return parse_instant(value).isoformat().replace("+00:00", "Z")


def _number(text: Any) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


_READ: dict[str, Callable[[Any], Any]] = {
    "iso_no_offset": _with_offset,
    "epoch_seconds": lambda value: _from_epoch(value, 1000),
    "epoch_ms": lambda value: _from_epoch(value, 1),
    "text": lambda value: _number(value) if isinstance(value, str) else value,
    "integer": lambda value: str(value) if isinstance(value, int) else value,
}
_WRITE: dict[str, Callable[[Any], Any]] = {
    "iso_no_offset": lambda value: written(parse_instant(value), "iso_no_offset"),
    "date": lambda value: written(parse_instant(value), "date"),
    "epoch_seconds": lambda value: written(parse_instant(value), "epoch_seconds"),
    "epoch_ms": lambda value: written(parse_instant(value), "epoch_ms"),
    "text": str,
    "integer": int,
}
