"""Fixed values written inside a condition or an argument."""

from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from mapper_crosswalk.syntax.paths import unquote
from mapper_crosswalk.types.kinds import Type
from mapper_crosswalk.values.dates import read_instant
from mapper_crosswalk.values.unmappable import UnmappableError

FLAGS = {"true": True, "false": False}


def number(text: str) -> Decimal | int | None:
    """Read a number; None when it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return int(value) if text.lstrip("+-").isdecimal() else value


def read_guess(text: str) -> Any:
    """Read a value where no type is known: quoted text, true, false, a number, else text."""
    bare = text.strip()
    if unquote(bare) != bare:
        return unquote(bare)
    if bare in FLAGS:
        return FLAGS[bare]
    value = number(bare)
    return bare if value is None else value


def read_literal(text: str, kind: Type, zone: tzinfo) -> tuple[Any, str | None]:
    """Read a value of a type. Returns it, and what is wrong."""
    bare = unquote(text) or ""
    for name in ("boolean", "number", "integer", "instant", "date", "string"):
        if name in kind.kinds:
            value = _READERS[name](bare, zone)
            if value is not None:
                return value, None
    if kind.kinds:
        return None, f"is {kind}, '{bare}' is not"
    return read_guess(text), None


def _instant(text: str, zone: tzinfo) -> str | None:
    try:
        read_instant(text, zone)
    except UnmappableError:
        return None
    return text


def _day(text: str, _zone: tzinfo) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _integer(text: str, _zone: tzinfo) -> int | None:
    value = number(text)
    return None if value is None or value != int(value) else int(value)


_READERS: dict[str, Callable[[str, tzinfo], Any]] = {
    "boolean": lambda text, _zone: FLAGS.get(text),
    "number": lambda text, _zone: number(text),
    "integer": _integer,
    "instant": _instant,
    "date": _day,
    "string": lambda text, _zone: text,
}
