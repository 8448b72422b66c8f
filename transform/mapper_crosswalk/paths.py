"""Paths and pipes: read from text, followed through types, compiled into getters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mapper_crosswalk.findings import suggest
from mapper_crosswalk.kinds import ANYTHING, Type

Getter = Callable[[Any], Any]
Path = tuple[str, ...]

ITSELF = "."
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_SEGMENT = re.compile(rf"\s*(?:({_QUOTED})|([^.\"'|]+))\s*(?:\.|$)")
_TRANSFORM = re.compile(r"([A-Za-z_]\w*)\s*(?::(.*))?", re.DOTALL)
PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "instant": (str,),
    "date": (str,),
    "integer": (int,),
    "number": (int, Decimal, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class UnmappableError(Exception):
    """A record that can't be mapped; says where and why without quoting what people wrote."""

    def __init__(self, reason: str, *place: str) -> None:
        self.reason = reason
        self.place = place
        super().__init__(f"{'.'.join(place)}: {reason}" if place else reason)

    def under(self, name: str) -> UnmappableError:
        """Return the same, one property further out."""
        return UnmappableError(self.reason, name, *self.place)


def unmappable(error: Exception) -> UnmappableError:
    """Turn whatever went wrong with a record into its reason; the message of a Python error may quote data."""
    if isinstance(error, UnmappableError):
        return error
    deep = isinstance(error, RecursionError)
    return UnmappableError("nested too deeply" if deep else "a value is of another kind than the tap's schema says")


@dataclass(frozen=True, slots=True)
class Pipe:
    """A path and the transforms behind it, as (name, argument) pairs."""

    path: Path
    transforms: tuple[tuple[str, str | None], ...] = ()


def parse_path(text: str) -> Path | None:
    """Read `a.b.0."a name with . in it"`; None when it is no path. `.` is the value itself."""
    if text.strip() == ITSELF:
        return ()
    segments: list[str] = []
    at = 0
    while at < len(text):
        match = _SEGMENT.match(text, at)
        if match is None or not match.group(0):
            return None
        segments.append(match.group(1)[1:-1] if match.group(1) else match.group(2).strip())
        at = match.end()
    if not all(segments) or text.rstrip().endswith("."):
        return None
    return tuple(segments) or None


def parse_pipe(text: str) -> Pipe | None:
    """Read `path | transform | transform:argument`; None when it is none."""
    first, *rest = (piece.strip() for piece in split_pipe(text))
    path = parse_path(first)
    if path is None:
        return None
    transforms: list[tuple[str, str | None]] = []
    for piece in rest:
        match = _TRANSFORM.fullmatch(piece)
        if match is None:
            return None
        transforms.append((match.group(1), unquote(match.group(2))))
    return Pipe(path, tuple(transforms))


def split_pipe(text: str) -> list[str]:
    """Split at `|` outside quotes."""
    pieces, piece, quote = [], "", ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and char in text[text.index(char) + 1 :]:
            quote = char
        if char == "|" and not quote:
            pieces.append(piece)
            piece = ""
        else:
            piece += char
    return [*pieces, piece]


def unquote(text: str | None) -> str | None:
    """Strip an argument and take off its quotes."""
    if text is None:
        return None
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def write_path(path: Path) -> str:
    """Write a path as it is read."""
    return ".".join(f'"{part}"' if "." in part else part for part in path) or ITSELF


class UnknownPathError(Exception):
    """A path that the type has not; carries the parent's path, the name and the names that there are."""

    def __init__(self, parent: Path, name: str, names: list[str], kind: Type) -> None:
        self.parent = parent
        self.name = name
        self.names = names
        self.kind = kind
        super().__init__(name)


def describe_unknown(error: UnknownPathError, stream: str) -> str:
    """Say which field is missing where, and which one was probably meant."""
    path = write_path((*error.parent, error.name))
    if not error.names:
        return f"'{path}' can't be: '{write_path(error.parent)}' is {error.kind}"
    hint = suggest(error.name, error.names)
    if not error.parent and not hint:
        hint = f"; for a fixed text write {{const: {error.name}}}"
    return f"no field '{path}' in {stream}{hint}"


def follow(path: Path, kind: Type, present: frozenset[Path] = frozenset()) -> Type:
    """Return the type at a path; `present` are paths known to be there. Raises UnknownPathError."""
    nullable = False
    for depth, name in enumerate(path):
        kind = _step(path[:depth], name, kind)
        nullable = path[: depth + 1] not in present and (nullable or kind.nullable or name.isdecimal())
    return kind.unsure() if nullable else kind.sure()


def _step(parent: Path, name: str, kind: Type) -> Type:
    if "array" in kind.kinds and name.isdecimal():
        return kind.items or ANYTHING
    if kind.properties is not None:
        if name in kind.properties:
            return kind.properties[name]
        if kind.rest is not None:
            return kind.rest.unsure()
        raise UnknownPathError(parent, name, list(kind.properties), kind)
    if kind.rest is not None:
        return kind.rest.unsure()
    if kind.kinds and "object" not in kind.kinds:
        raise UnknownPathError(parent, name, [], kind)
    return ANYTHING


def implied(path: Path) -> set[Path]:
    """Return the paths that must be there when this one is."""
    return {path[:depth] for depth in range(1, len(path) + 1)}


def fitting_types(kind: Type) -> frozenset[type] | None:
    """Return the Python types of a type's values; None when it can be anything."""
    return frozenset(python for name in kind.kinds for python in PYTHON.get(name, ())) if kind.kinds else None


def getter(path: Path, kind: Type) -> Getter:
    """Compile a path into a function: None when missing, UnmappableError when the value is not of its type."""
    fits = fitting_types(kind)
    if len(path) == 1:
        return _get_one(path[0], fits, path, kind)
    return _get_deep(path, fits, kind)


def _get_one(name: str, fits: frozenset[type] | None, path: Path, kind: Type) -> Getter:
    def get(record: Any) -> Any:
        value = record.get(name)
        if not value and (value is None or type(value) is str):
            return None
        if fits is None or type(value) in fits:
            return value
        return fitting(value, path, kind)

    return get


def _get_deep(path: Path, fits: frozenset[type] | None, kind: Type) -> Getter:
    def get(record: Any) -> Any:
        value = record
        for name in path:
            value = value.get(name) if type(value) is dict else _inside(value, name, path)
            if value is None:
                return None
        if not value and type(value) is str:
            return None
        if fits is None or type(value) in fits:
            return value
        return fitting(value, path, kind)

    return get


def _inside(value: Any, name: str, path: Path) -> Any:
    if isinstance(value, list) and name.isdecimal():
        return value[int(name)] if int(name) < len(value) else None
    raise UnmappableError(f"'{write_path(path)}' can't be read: there is {called(value)} in the way")


def fitting(value: Any, path: Path, kind: Type) -> Any:
    """Return a whole number as integer where one is wanted. Raises UnmappableError for anything else."""
    if kind.kinds == {"integer"} and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise UnmappableError(f"'{write_path(path)}' is {called(value)}, not {kind}")


def called(value: Any) -> str:
    """Name the type of a value of a record."""
    return _NAMES.get(type(value), type(value).__name__)


_NAMES: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "an object",
}
