"""Paths through typed records: what stands at a path, and the function that reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from singer_rest import suggest

from mapper_crosswalk.syntax.expressions import Path, write_path
from mapper_crosswalk.types.kinds import ANYTHING, Type
from mapper_crosswalk.values.unmappable import UnmappableError, called

Getter = Callable[[Any], Any]
Step = tuple[Callable[[Any], Any], Any]

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


@dataclass(eq=False)
class UnknownPathError(Exception):
    """A path that a type has not: the parent's path and type, the name, and the names that exist there."""

    parent: Path
    name: str
    names: list[str]
    kind: Type

    def describe(self, stream: str) -> str:
        """Say which field is missing where, and which one was probably meant."""
        path = write_path((*self.parent, self.name))
        if not self.names:
            return f"'{path}' can't be: '{write_path(self.parent)}' is {self.kind}"
        hint = suggest(self.name, self.names)
        if not self.parent and not hint:
            hint = f"; for a fixed text write {{const: {self.name}}}"
        return f"no field '{path}' in {stream}{hint}"


def follow(path: Path, kind: Type, present: frozenset[Path] = frozenset()) -> Type:
    """Return the type at a path; `present` are paths known to have a value. Raises UnknownPathError."""
    nullable = False
    for depth, name in enumerate(path):
        kind = _property(path[:depth], name, kind)
        nullable = path[: depth + 1] not in present and (nullable or kind.nullable or name.isdecimal())
    return kind.unsure() if nullable else kind.sure()


def _property(parent: Path, name: str, kind: Type) -> Type:
    if "array" in kind.kinds and name.isdecimal():
        return kind.items or ANYTHING
    if kind.properties is not None and name in kind.properties:
        return kind.properties[name]
    if kind.rest is not None:
        return kind.rest.unsure()
    if kind.properties is not None or (kind.kinds and "object" not in kind.kinds):
        raise UnknownPathError(parent, name, list(kind.properties or ()), kind)
    return ANYTHING


def fitting_types(kind: Type) -> frozenset[type] | None:
    """Return the Python types of a type's values; None when it can be anything."""
    return frozenset(python for name in kind.kinds for python in PYTHON.get(name, ())) if kind.kinds else None


def getter(path: Path, kind: Type, steps: tuple[Step, ...] = ()) -> Getter:
    """Compile a path and its transforms into a function of a record that returns None when the value is missing.

    A step is a transform's function, and what it gives for a missing value. The function raises UnmappableError when
    the value is not of its type.
    """
    fits = fitting_types(kind)

    def get(record: Any) -> Any:
        value = record
        for name in path:
            value = value.get(name) if type(value) is dict else _inside(value, name, path)
            if value is None:
                break
        if not value and type(value) is str:
            value = None
        elif value is not None and fits is not None and type(value) not in fits:
            value = fitting(value, path, kind)
        for step, default in steps:
            value = default if value is None else step(value)
        return value

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
