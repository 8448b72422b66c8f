from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_crosswalk.syntax.expressions import Pipe, implied, parse_path, parse_pipe, split_pipe, unquote, write_path

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


@pytest.mark.parametrize(("text", "bare"), [(None, None), (" a ", "a"), ("'a '", "a "), ('"', '"'), ("'a\"", "'a\"")])
def test_quotes_are_taken_off(text: str | None, bare: str | None) -> None:
    assert unquote(text) == bare


def test_all_above_a_path_has_a_value_when_it_has() -> None:
    assert implied(("a", "b", "c")) == {("a",), ("a", "b"), ("a", "b", "c")}


@given(st.lists(st.text("abc. 0", min_size=1).map(str.strip).filter(lambda name: name.strip(". ")), min_size=1))
def test_a_path_is_written_as_it_is_read(names: list[str]) -> None:
    assert parse_path(write_path(tuple(names))) == tuple(names)
