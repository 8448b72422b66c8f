"""Why a record can't be mapped."""

from decimal import Decimal
from typing import Any, Self

_NAMES: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class UnmappableError(Exception):
    """A record that can't be mapped; gives the property and the reason without quoting what people wrote."""

    def __init__(self, reason: str, *place: str) -> None:
        self.reason = reason
        self.place = place
        super().__init__(f"{'.'.join(place)}: {reason}" if place else reason)

    def under(self, name: str) -> Self:
        """Return the same, one property further out."""
        return type(self)(self.reason, name, *self.place)


def unmappable(error: Exception) -> UnmappableError:
    """Turn whatever went wrong with a record into its reason; the message of a Python error may quote data."""
    if isinstance(error, UnmappableError):
        return error
    deep = isinstance(error, RecursionError)
    return UnmappableError("nested too deeply" if deep else "a value is of another kind than the tap's schema says")


def called(value: Any) -> str:
    """Name the type of a value of a record."""
    return _NAMES.get(type(value), type(value).__name__)
