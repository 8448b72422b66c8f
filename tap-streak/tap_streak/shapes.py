"""Brings what the API sends into the shape of the schema: ISO instants, and unknown fields under `_extra`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tap_streak.instants import iso_value

EXTRA = "_extra"


@dataclass(frozen=True, slots=True)
class Shape:
    """The known fields of an object, or of every object in a list; and which of them are instants."""

    fields: dict[str, Shape | None]
    instants: frozenset[str]


def shape_of(schema: dict[str, Any]) -> Shape | None:
    """The shape that a JSON Schema describes; None for values without known fields."""
    if "items" in schema:
        return shape_of(schema["items"])
    if "properties" not in schema:
        return None
    properties = {name: field for name, field in schema["properties"].items() if name != EXTRA}
    return Shape(
        {name: shape_of(field) for name, field in properties.items()},
        frozenset(name for name, field in properties.items() if field.get("format") == "date-time"),
    )


def fit(value: Any, shape: Shape | None) -> Any:
    """A copy of the value in this shape; each object's unknown fields moved to its `_extra`."""
    if shape is None:
        return value
    if isinstance(value, list):
        return [fit(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    known = {name: fit(item, shape.fields[name]) for name, item in value.items() if name in shape.fields}
    known.update({name: iso_value(known[name]) for name in shape.instants & known.keys()})
    unknown = {name: item for name, item in value.items() if name not in shape.fields}
    return {**known, EXTRA: unknown} if unknown else known
