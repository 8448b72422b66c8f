"""Fields that the schema does not know are kept under `_extra` of the object that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EXTRA = "_extra"


@dataclass(frozen=True, slots=True)
class Shape:
    """The known fields of an object, or of every object in a list; and which of them have known fields themselves."""

    known: frozenset[str]
    inner: dict[str, Shape]


def shape_of(schema: dict[str, Any]) -> Shape | None:
    """The shape that a JSON Schema describes; None for values without known fields."""
    if "items" in schema:
        return shape_of(schema["items"])
    if "properties" not in schema:
        return None
    shapes = {name: shape_of(field) for name, field in schema["properties"].items() if name != EXTRA}
    return Shape(frozenset(shapes), {name: shape for name, shape in shapes.items() if shape})


def set_unknown_aside(value: Any, shape: Shape | None) -> None:
    """Move each object's unknown fields to its `_extra`; most objects have none, and stay as they are."""
    if shape is None:
        return
    if isinstance(value, list):
        for item in value:
            set_unknown_aside(item, shape)
    elif isinstance(value, dict):
        unknown = value.keys() - shape.known
        for name, inner in shape.inner.items():
            if name in value:
                set_unknown_aside(value[name], inner)
        if unknown:
            value[EXTRA] = {name: value.pop(name) for name in list(value) if name in unknown}
