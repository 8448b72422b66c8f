from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import BOXES, ORDER, node, notes, order_scope
from mapper_crosswalk.compile.scope import NULL, Value
from mapper_crosswalk.compile.values import compile_object, object_getter
from mapper_crosswalk.types.kinds import ANYTHING, from_schema
from mapper_crosswalk.values.unmappable import UnmappableError

BOX = from_schema(BOXES)


def test_missing_values_leave_their_key_out() -> None:
    compiled = compile_object(node({"a": "number", "b": "note", "c": "customer.email"}), order_scope(), ANYTHING)
    assert compiled.get(ORDER) == {"a": "SO-7"}
    assert compiled.get({}) is None


def test_cleared_missing_values_are_null() -> None:
    compiled = compile_object(node({"a": "number", "b": "note"}), order_scope(clear=True), ANYTHING)
    assert compiled.get(ORDER) == {"a": "SO-7", "b": None}


def test_a_null_that_is_meant_is_sent() -> None:
    null = Value(lambda _record: NULL, null=True)
    assert object_getter({"a": null}, clear=False)({}) == {"a": None}


def test_a_refusal_names_the_property() -> None:
    compiled = compile_object(node({"a": {"b": "total"}}), order_scope(), ANYTHING)
    with pytest.raises(UnmappableError) as caught:
        compiled.get({"total": "much"})
    assert str(caught.value) == "a.b: 'total' is text, not number"


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "number", "amount": "total", "fieldValues": {"Any Field": "number"}}, []),
    ({"nam": "number"}, ["the target has no property 'nam', did you mean 'name'?"]),
    ({"notes": "total"}, ["the target wants string, this gives number; add '| string'"]),
    ({"dueDate": "number"}, ["the target wants instant, this gives string; add '| instant'"]),
    ({"contactEmails": "email"}, ["the target wants array of string, this gives string; write it as a list: [ … ]"]),
    ({"name": "tags"}, ["the target wants string, this gives array of string; join it, or take its first"]),
    ({"priority": {"const": "hihg"}}, ["the target knows no value 'hihg', did you mean 'high'?"]),
]


@pytest.mark.parametrize(("fields", "mistakes"), MISTAKES)
def test_a_property_must_be_as_the_target_wants_it(fields: dict[str, Any], mistakes: list[str]) -> None:
    scope = order_scope()
    compile_object(node(fields), scope, BOX)
    assert notes(scope) == mistakes
