"""What is written in a mapping: paths, pipes, conditions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_crosswalk.syntax.expressions import (
    Comparison,
    Pipe,
    implied,
    parse_comparison,
    parse_path,
    parse_pipe,
    split_pipe,
    unquote,
    write_path,
)

PATHS = [
    ("a", ("a",)),
    ("customer.email", ("customer", "email")),
    ("lines.0.sku", ("lines", "0", "sku")),
    (' a . "b.c" ', ("a", "b.c")),
    ("fieldValues.Order ID", ("fieldValues", "Order ID")),
    ("'a|b'.c", ("a|b", "c")),
    (".", ()),
    ("", None),
    ("a.", None),
    (".a", None),
    ("a..b", None),
    ("a | b", None),
    ('"a', None),
]


@pytest.mark.parametrize(("text", "path"), PATHS)
def test_a_path_is_read(text: str, path: tuple[str, ...] | None) -> None:
    assert parse_path(text) == path


PIPES = [
    ("email | trim | lower", Pipe(("email",), (("trim", None), ("lower", None)))),
    ("total|decimal:2", Pipe(("total",), (("decimal", "2"),))),
    ('tags | join:" | "', Pipe(("tags",), (("join", " | "),))),
    ("a | default: x y ", Pipe(("a",), (("default", "x y"),))),
    ("don't | trim", None),
    ("a | 2x", None),
    ("a |", None),
    ("| trim", None),
]


@pytest.mark.parametrize(("text", "pipe"), PIPES)
def test_a_pipe_is_read(text: str, pipe: Pipe | None) -> None:
    assert parse_pipe(text) == pipe


def test_a_bar_in_quotes_splits_nothing() -> None:
    assert split_pipe("a | join:'|' | trim") == ["a ", " join:'|' ", " trim"]


@pytest.mark.parametrize(("text", "bare"), [(" a ", "a"), ("'a '", "a "), ('"', '"'), ("'a\"", "'a\"")])
def test_quotes_are_taken_off(text: str, bare: str) -> None:
    assert unquote(text) == bare


def test_all_above_a_path_has_a_value_when_it_has() -> None:
    assert implied(("a", "b", "c")) == {("a",), ("a", "b"), ("a", "b", "c")}


@given(st.lists(st.text("abc. 0", min_size=1).map(str.strip).filter(lambda name: name.strip(". ")), min_size=1))
def test_a_path_is_written_as_it_is_read(names: list[str]) -> None:
    assert parse_path(write_path(tuple(names))) == tuple(names)


LINES = [
    ("email exists", Comparison("email", "exists")),
    ("  a.b | trim  missing ", Comparison("a.b | trim", "missing")),
    ("total >= 9000", Comparison("total", ">=", ("9000",))),
    ("total>=9000", None),
    ("status != 'on hold'", Comparison("status", "!=", ("'on hold'",))),
    ("status in [a, 'b, c', d e]", Comparison("status", "in", ("a", "'b, c'", "d e"))),
    ("status not  in [a]", Comparison("status", "not in", ("a",))),
    ("status in []", Comparison("status", "in")),
    ("status in a", None),
    ("status", None),
    ("total around 5", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "comparison"), LINES)
def test_a_comparison_is_read(text: str, comparison: Comparison | None) -> None:
    assert parse_comparison(text) == comparison
