"""Fixed values written inside a condition or an argument."""

from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from mapper_crosswalk.syntax.expressions import unquote
from mapper_crosswalk.types.kinds import Type
from mapper_crosswalk.values.dates import read_instant
from mapper_crosswalk.values.texts import as_integer, as_number
from mapper_crosswalk.values.unmappable import UnmappableError

FLAGS = {"true": True, "false": False}


def number(text: str) -> Decimal | int:
    """Read a number, an int when it has digits only. Raises UnmappableError when it is none."""
    value = as_number(text)
    return int(value) if text.lstrip("+-").isdecimal() else value


def read_guess(text: str) -> Any:
    """Read a value where no type is known: quoted text, true, false, a number, else text."""
    bare = text.strip()
    if unquote(bare) != bare:
        return unquote(bare)
    try:
        return FLAGS[bare] if bare in FLAGS else number(bare)
    except UnmappableError:
        return bare


def read_literal(text: str, kind: Type, zone: tzinfo) -> tuple[Any, str | None]:
    """Read a value of a type. Returns it, and what is wrong."""
    bare = unquote(text) or ""
    for name, read in _READERS.items():
        if name in kind.kinds:
            try:
                return read(bare, zone), None
            except (UnmappableError, LookupError, ValueError):
                continue
    return (None, f"is {kind}, '{bare}' is not") if kind.kinds else (read_guess(text), None)


_READERS: dict[str, Callable[[str, tzinfo], Any]] = {
    "boolean": lambda text, _zone: FLAGS[text],
    "number": lambda text, _zone: number(text),
    "integer": lambda text, _zone: as_integer(text),
    "instant": lambda text, zone: read_instant(text, zone) and text,
    "date": lambda text, _zone: date.fromisoformat(text).isoformat(),
    "string": lambda text, _zone: text,
}
