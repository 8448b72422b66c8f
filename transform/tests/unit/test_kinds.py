"""Types, and fixed values of a type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mapper_crosswalk.types.kinds import (
    ANYTHING,
    Type,
    accepts,
    distinct,
    from_schema,
    of,
    of_literal,
    read_guess,
    read_literal,
    to_schema,
    union,
)

TEXT = {"type": "string"}
SCHEMAS: list[tuple[Any, Type]] = [
    ({"type": "string"}, of("string")),
    ({"type": ["string", "null"]}, of("string", nullable=True)),
    ({"type": ["string", "null"], "format": "date-time"}, of("instant", nullable=True)),
    ({"type": "string", "format": "date"}, of("date")),
    ({"type": "string", "format": "email"}, of("string")),
    ({"type": "array", "items": TEXT}, of("array", items=of("string"))),
    ({"anyOf": [TEXT, {"type": "null"}]}, of("string", nullable=True)),
    ({"anyOf": [TEXT, {"type": "integer"}]}, Type(frozenset({"string", "integer"}), nullable=False)),
    ({"type": ["string", "number", "boolean", "array", "object", "null"]}, ANYTHING),
    ({}, ANYTHING),
    (True, ANYTHING),
]


@pytest.mark.parametrize(("schema", "kind"), SCHEMAS)
def test_a_type_is_read_from_json_schema(schema: Any, kind: Type) -> None:
    assert from_schema(schema) == kind


def test_values_and_known_values_are_read() -> None:
    closed = from_schema({"type": ["string", "null"], "enum": ["a", "b", None]})
    assert (closed.values, closed.known) == (("a", "b"), ("a", "b"))
    opened = from_schema({"type": "string", "x-known-values": ["a"]})
    assert (opened.values, opened.known) == (None, ("a",))


def test_a_property_that_is_not_required_may_be_missing_unless_its_own_type_says_no() -> None:
    properties = {"a": TEXT, "b": {"enum": ["x"]}, "c": {"type": ["string", "null"]}}
    kind = from_schema({"type": "object", "required": ["b"], "properties": properties})
    assert kind.properties is not None
    assert {name: inner.nullable for name, inner in kind.properties.items()} == {"a": False, "b": True, "c": True}


def test_a_union_knows_what_both_sides_know() -> None:
    both = union([of_literal("New"), of_literal("Won"), of_literal("New")])
    assert both.kinds == frozenset({"string"})
    assert both.values == ("New", "Won")
    assert union([of_literal("New"), of("string")]).values is None
    assert union([of_literal("New"), of("string")]).known == ("New",)
    assert union([of_literal("New"), of_literal(None)]).kinds == {"string"}
    assert union([of("string"), ANYTHING]).kinds == frozenset()
    assert union([]) == ANYTHING


def test_objects_are_united_property_by_property() -> None:
    left = Type(frozenset({"object"}), properties={"a": of("string"), "b": of("string")})
    right = Type(frozenset({"object"}), properties={"b": of("integer"), "c": of("string")})
    properties = union([left, right]).properties
    assert properties is not None
    assert list(properties) == ["a", "b", "c"]
    assert properties["b"].kinds == {"string", "integer"}


ACCEPTED = [
    ("string", "instant", True),
    ("string", "date", True),
    ("instant", "string", False),
    ("number", "integer", True),
    ("integer", "number", False),
    ("string", "number", False),
    ("array", "object", False),
]


@pytest.mark.parametrize(("wanted", "given", "accepted"), ACCEPTED)
def test_a_wider_type_accepts_a_narrower(wanted: str, given: str, *, accepted: bool) -> None:
    assert accepts(of(wanted), of(given)) is accepted
    assert accepts(of("array", items=of(wanted)), of("array", items=of(given))) is accepted


def test_anything_is_accepted_and_accepts() -> None:
    assert accepts(ANYTHING, of("string"))
    assert accepts(of("string"), ANYTHING)


WRITTEN: list[tuple[Type, bool, Any]] = [
    (of("string"), False, {"type": ["string", "null"]}),
    (of("instant"), False, {"type": ["string", "null"], "format": "date-time"}),
    (Type(frozenset({"instant", "string"})), False, {"type": ["string", "null"]}),
    (of("array", items=of("date")), False, {"type": ["array", "null"], "items": {"type": "string", "format": "date"}}),
    (of_literal("New"), False, {"type": ["string", "null"], "enum": ["New"]}),
    (of_literal("New"), True, {"type": ["string", "null"], "enum": ["New", None]}),
    (of_literal(Decimal("5.1")), False, {"type": ["number", "null"], "enum": [Decimal("5.1")]}),
    (ANYTHING, False, {}),
]


@pytest.mark.parametrize(("kind", "null", "schema"), WRITTEN)
def test_a_type_is_written_as_json_schema(kind: Type, *, null: bool, schema: Any) -> None:
    assert to_schema(kind, null=null) == schema


def test_types_say_what_they_are() -> None:
    assert str(of("array", items=of("string"))) == "array of string"
    assert str(Type(frozenset({"string", "integer"}))) == "integer or string"
    assert str(ANYTHING) == "anything"


def test_distinct_keeps_the_first_order() -> None:
    assert distinct(["b", "a", "b"]) == ("b", "a")


UTC = ZoneInfo("UTC")
GUESSES: list[tuple[str, Any]] = [
    ("x", "x"),
    (" x y ", "x y"),
    ("5", 5),
    ("-5", -5),
    ("5.10", Decimal("5.10")),
    ("'5'", "5"),
    ("true", True),
    ("NaN", "NaN"),
    ("1e3", Decimal(1000)),
]


@pytest.mark.parametrize(("text", "value"), GUESSES)
def test_a_value_without_type_is_guessed(text: str, value: Any) -> None:
    assert read_guess(text) == value
    assert type(read_guess(text)) is type(value)
    assert read_literal(text, ANYTHING, UTC) == (value, None)


TYPED: list[tuple[str, str, Any]] = [
    ("string", "5", "5"),
    ("string", "'5'", "5"),
    ("number", "5.0", Decimal("5.0")),
    ("number", "7", 7),
    ("integer", "5.0", 5),
    ("boolean", "false", False),
    ("number", "many", None),
    ("integer", "5.5", None),
    ("boolean", "no", None),
    ("date", "2026-13-01", None),
]


@pytest.mark.parametrize(("kind", "text", "value"), TYPED)
def test_a_value_is_read_by_its_type(kind: str, text: str, value: Any) -> None:
    result, problem = read_literal(text, of(kind), UTC)
    assert (result, problem) == (value, None if value is not None else f"is {kind}, '{text}' is not")


def test_of_several_types_the_narrowest_counts() -> None:
    either = Type(frozenset({"string", "number"}))
    assert read_literal("5", either, UTC) == (5, None)
    assert read_literal("five", either, UTC) == ("five", None)
