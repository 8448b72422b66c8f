"""Types of values: read from JSON Schema, written as JSON Schema, and those of fixed values in a mapping."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any, Self

from mapper_crosswalk.syntax.expressions import unquote
from mapper_crosswalk.values.dates import read_instant
from mapper_crosswalk.values.texts import as_integer, as_number
from mapper_crosswalk.values.unmappable import UnmappableError

Schema = dict[str, Any]

FORMATS = {"date-time": "instant", "date": "date"}
JSON_FORMATS = {kind: form for form, kind in FORMATS.items()}
EVERYTHING = frozenset({"string", "number", "boolean", "array", "object"})
TEXTS = frozenset({"string", "instant", "date"})
FLAGS = {"true": True, "false": False}
LITERALS = {bool: "boolean", int: "integer", str: "string"}
SCALARS = TEXTS | {"number", "integer", "boolean"}


@dataclass(frozen=True, slots=True)
class Type:
    """What a value can be: `kinds` empty means anything; `values` are all that it can be, `known` some of them."""

    kinds: frozenset[str] = frozenset()
    nullable: bool = True
    items: "Type | None" = None
    properties: "Mapping[str, Type] | None" = None
    rest: "Type | None" = None
    values: tuple[Any, ...] | None = None
    known: tuple[Any, ...] = ()
    required: frozenset[str] = frozenset()

    def __str__(self) -> str:
        names = [f"array of {self.items}" if kind == "array" and self.items else kind for kind in sorted(self.kinds)]
        return " or ".join(names) or "anything"

    def sure(self) -> Self:
        """Return the same type, never missing."""
        return replace(self, nullable=False)

    def unsure(self) -> Self:
        """Return the same type, perhaps missing."""
        return replace(self, nullable=True)

    def open(self) -> Self:
        """Return the same type without what is known about its values."""
        return replace(self, values=None, known=())


ANYTHING = Type()


def of(kind: str, *, nullable: bool = False, items: Type | None = None) -> Type:
    """Return the type of one kind."""
    return Type(frozenset({kind}), nullable=nullable, items=items)


def of_literal(value: Any) -> Type:
    """Return the type of a fixed value; its only value is listed."""
    if value is None:
        return Type(nullable=False, values=())
    if isinstance(value, list):
        return of("array", items=union(of_literal(item) for item in value) if value else None)
    if isinstance(value, dict):
        return of("object")
    return Type(frozenset({literal_kind(value)}), nullable=False, values=(value,), known=(value,))


def literal_kind(value: Any) -> str:
    """Return the kind of a scalar of YAML or JSON."""
    return LITERALS.get(type(value), "number")


def union(types: Iterable[Type]) -> Type:
    """Return the type of a value that is one of several."""
    several = list(types)
    return functools.reduce(_either, several) if several else ANYTHING


def _either(left: Type, right: Type) -> Type:
    if left == right:
        return left
    kinds = left.kinds | right.kinds
    if (not left.kinds and left.values is None) or (not right.kinds and right.values is None):
        kinds = frozenset()
    values = None if left.values is None or right.values is None else distinct(left.values + right.values)
    return Type(
        kinds=kinds,
        nullable=left.nullable or right.nullable,
        items=_either(left.items, right.items) if left.items and right.items else left.items or right.items,
        properties=_merged(left.properties, right.properties),
        values=values,
        known=distinct(left.known + right.known),
    )


def _merged(left: Mapping[str, Type] | None, right: Mapping[str, Type] | None) -> Mapping[str, Type] | None:
    if left is None or right is None:
        return left or right
    shared = {name: _either(left[name], right[name]) for name in left if name in right}
    return {**left, **right, **shared}


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return each value once, in the order of their first appearance."""
    return tuple(dict.fromkeys(values))


def from_schema(schema: Any) -> Type:
    """Read a JSON Schema; what it doesn't say is anything."""
    if not isinstance(schema, dict):
        return ANYTHING
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(alternatives, list) and "type" not in schema:
        return _alternatives(alternatives)
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else list(names)
    text = FORMATS.get(str(schema.get("format")), "string")
    enum = schema.get("enum")
    values = tuple(value for value in enum if value is not None) if isinstance(enum, list) else None
    more = schema.get("additionalProperties")
    properties = schema.get("properties")
    required = frozenset(schema.get("required") or ())
    kinds = frozenset(text if name == "string" else name for name in names if name != "null")
    return Type(
        kinds=frozenset() if kinds >= EVERYTHING else kinds,
        nullable=not names or "null" in names,
        items=from_schema(schema["items"]) if isinstance(schema.get("items"), dict) else None,
        properties=_properties(properties, required) if properties else None,
        rest=from_schema(more) if isinstance(more, dict) else None,
        values=values,
        known=tuple(schema.get("x-known-values") or values or ()),
        required=required,
    )


def _alternatives(alternatives: list[Any]) -> Type:
    nulls = [option for option in alternatives if isinstance(option, dict) and option.get("type") == "null"]
    kind = union(from_schema(option) for option in alternatives if option not in nulls)
    return kind.unsure() if nulls else kind


def _properties(properties: Mapping[str, Any], required: frozenset[str]) -> dict[str, Type]:
    """Read the properties of an object; one that is not required may still say that it is never null."""
    kinds: dict[str, Type] = {}
    for name, schema in properties.items():
        kind = from_schema(schema)
        typed = isinstance(schema, dict) and "type" in schema
        kinds[name] = kind if name in required or typed else kind.unsure()
    return kinds


def to_schema(kind: Type, *, null: bool, item: bool = False) -> Schema:
    """Write the JSON Schema of a type; `null` when null is really sent, `item` when it never is missing."""
    names = sorted({"string" if name in JSON_FORMATS else name for name in kind.kinds})
    schema: Schema = {"type": (names[0] if len(names) == 1 else names) if item else [*names, "null"]} if names else {}
    formats = {JSON_FORMATS.get(name) for name in kind.kinds & TEXTS}
    if len(formats) == 1 and (form := formats.pop()):
        schema["format"] = form
    if kind.items is not None:
        schema["items"] = to_schema(kind.items, null=False, item=True)
    if kind.properties is not None:
        schema["properties"] = {name: to_schema(inner, null=False) for name, inner in kind.properties.items()}
    if kind.values and kind.kinds <= SCALARS:
        schema["enum"] = [*kind.values, None] if null else list(kind.values)
    return schema


WIDER = {"string": TEXTS, "number": {"number", "integer"}}


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a value of the given type may stand where the wanted one is asked for."""
    if not wanted.kinds or not given.kinds:
        return True
    allowed = set(wanted.kinds).union(*(WIDER.get(kind, ()) for kind in wanted.kinds))
    if not given.kinds <= allowed:
        return False
    return wanted.items is None or given.items is None or accepts(wanted.items, given.items)


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
    bare = unquote(text)
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
