"""Fields that the schema does not know are kept under `_extra` of the object that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EXTRA = "_extra"


@dataclass(frozen=True, slots=True)
class Shape:
    """The known fields of an object, or of every object in a list."""

    fields: dict[str, Shape | None]


def shape_of(schema: dict[str, Any]) -> Shape | None:
    """The shape that a JSON Schema describes; None for values without known fields."""
    if "items" in schema:
        return shape_of(schema["items"])
    if "properties" not in schema:
        return None
    return Shape({name: shape_of(field) for name, field in schema["properties"].items() if name != EXTRA})


def set_unknown_aside(value: Any, shape: Shape | None) -> Any:
    """A copy of the value in which each object's unknown fields moved to its `_extra`."""
    if shape is None:
        return value
    if isinstance(value, list):
        return [set_unknown_aside(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    known = {name: set_unknown_aside(item, shape.fields[name]) for name, item in value.items() if name in shape.fields}
    unknown = {name: item for name, item in value.items() if name not in shape.fields}
    return {**known, EXTRA: unknown} if unknown else known
