from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import ORDER, node, notes, order_scope
from mapper_crosswalk.compile.flows import compile_watched

CHANGES: list[tuple[dict[str, Any], str | None, dict[str, Any] | None]] = [
    ({"on_change": "status"}, "shipped", {"path": "status", "value": "shipped"}),
    ({"on_change": "status", "on_first": True}, "shipped", {"path": "status", "value": "shipped", "first": True}),
    ({"on_change": "status", "on_first": False}, "shipped", {"path": "status", "value": "shipped"}),
    ({"on_change": {"path": "status", "to": ["shipped"]}}, "shipped", {"path": "status", "value": "shipped"}),
    (
        {"on_change": {"path": "status", "to": ["shipped"]}, "on_first": True},
        "pending",
        {"path": "status", "value": "pending", "remember": True},
    ),
    ({"on_change": "status"}, None, None),
    ({"on_change": "status"}, "", None),
]


@pytest.mark.parametrize(("flow", "status", "change"), CHANGES)
def test_a_change_says_what_the_target_needs(
    flow: dict[str, Any], status: str | None, change: dict[str, Any] | None
) -> None:
    scope = order_scope()
    watched = compile_watched(node(flow).value, scope)
    assert watched is not None
    assert watched.change({**ORDER, "status": status}) == change
    assert notes(scope) == []


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"on_first": True}, ["says nothing without on_change"]),
    ({"on_change": "a..b"}, ["'a..b' is no path"]),
    ({"on_change": "statuss"}, ["no field 'statuss' in shop.orders, did you mean 'status'?"]),
    ({"on_change": {"to": ["a"]}}, ["'path' is missing"]),
    ({"on_change": {"path": "status", "to": []}}, ["must be a list of values, as in [Won]"]),
    ({"on_change": {"path": "status", "to": [["a"]]}}, ["must be a list of values, as in [Won]"]),
    ({"on_change": {"path": "status", "to": [5]}}, ["the watched value is string, 5 is not"]),
    (
        {"on_change": {"path": "status", "to": ["shiped"]}},
        ["the watched value is never 'shiped', did you mean 'shipped'?"],
    ),
]


@pytest.mark.parametrize(("flow", "mistakes"), MISTAKES)
def test_a_mistake_in_what_is_watched_is_found(flow: dict[str, Any], mistakes: list[str]) -> None:
    scope = order_scope()
    compile_watched(node(flow).value, scope)
    assert notes(scope) == mistakes
