"""Records in the shape of their schema: unknown fields under `_extra`, milliseconds as ISO 8601."""

from __future__ import annotations

from dataclasses import dataclass
from operator import is_
from typing import Any

from singer_rest.http.instants import iso_text

EXTRA = "_extra"


@dataclass(frozen=True, slots=True)
class Shape:
    """The known fields of an object, those of them that have a shape themselves, and those that are instants."""

    known: frozenset[str]
    inner: dict[str, Shape]
    instants: frozenset[str]

    def without(self, names: frozenset[str]) -> Shape:
        """The shape where fields with these names are unknown: what the tap adds later."""
        return Shape(self.known - names, self._inner_without(names), self.instants - names)

    def leaving(self, names: frozenset[str]) -> Shape:
        """The shape where fields with these names stay as they are: what the tap has added in its final form."""
        return Shape(self.known | names, self._inner_without(names), self.instants - names)

    def _inner_without(self, names: frozenset[str]) -> dict[str, Shape]:
        return {name: shape for name, shape in self.inner.items() if name not in names}


def shape_of(schema: dict[str, Any]) -> Shape:
    """The shape that the JSON Schema of an object describes."""
    fields = {name: field for name, field in schema["properties"].items() if name != EXTRA}
    return Shape(
        frozenset(fields),
        {name: shape for name, field in fields.items() if (shape := _shape_of_value(field))},
        frozenset(name for name, field in fields.items() if field.get("format") == "date-time"),
    )


def _shape_of_value(schema: dict[str, Any]) -> Shape | None:
    """The shape of an object or of the objects in a list; None for values without known fields."""
    if "items" in schema:
        return _shape_of_value(schema["items"])
    return shape_of(schema) if "properties" in schema else None


def fit(value: Any, shape: Shape) -> Any:
    """The value in this shape, each object's unknown fields moved to its `_extra`.

    What fits already, as most objects do, is given back itself; what does not is copied and stays as it was.
    """
    if isinstance(value, dict):
        return _fit_object(value, shape)
    if isinstance(value, list):
        fitted = [fit(item, shape) for item in value]
        return value if all(map(is_, fitted, value)) else fitted
    return value


def _fit_object(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, inner in shape.inner.items():
        old = value.get(name)
        if old and (new := fit(old, inner)) is not old:
            changed[name] = new
    for name in shape.instants:
        old = value.get(name)
        if type(old) is int:  # True is no instant
            changed[name] = iso_text(old)
    unknown = value.keys() - shape.known
    unknown |= {name for name, new in changed.items() if new is None and value[name] > 0}  # no year that there is
    if not unknown:
        return {**value, **changed} if changed else value
    extra = {name: item for name, item in value.items() if name in unknown}
    return {**{name: item for name, item in value.items() if name not in unknown}, **changed, EXTRA: extra}


def deep_copy(value: Any) -> Any:
    """A copy of a JSON value that shares nothing with it."""
    if isinstance(value, dict):
        return {name: deep_copy(item) for name, item in value.items()}
    return [deep_copy(item) for item in value] if isinstance(value, list) else value
