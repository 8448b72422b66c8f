from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mapper_crosswalk.types.kinds import ANYTHING, Type, of, read_guess, read_literal

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
