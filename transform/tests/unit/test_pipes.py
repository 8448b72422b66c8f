from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import ORDER, node, notes, order_scope
from mapper_crosswalk.compile.pipes import compile_pipe
from mapper_crosswalk.compile.scope import BROKEN

PIPES: list[tuple[str, str, bool, Any]] = [
    ("orderId", "string", False, "7"),
    ("email | trim | lower", "string", True, "ada@acme.example"),
    ("total | decimal:2", "string", True, "208.38"),
    ("orderDate | date", "date", True, "2026-05-01"),
    ("note | default:none", "string", False, "none"),
    ("lines | first | get:sku", "string", True, "B-8"),
    ("lines | count", "integer", True, 2),
    ("status | replace:stages", "string", True, "New"),
]


@pytest.mark.parametrize(("text", "kind", "nullable", "value"), PIPES)
def test_a_pipe_knows_its_type_and_reads_a_record(text: str, kind: str, *, nullable: bool, value: Any) -> None:
    scope = order_scope()
    compiled = compile_pipe(node(text), scope)
    assert notes(scope) == []
    assert (str(compiled.kind), compiled.kind.nullable, compiled.get(ORDER)) == (kind, nullable, value)


MISTAKES = [
    (5, ["must be a path, as in customer.email | lower"]),
    ("a b |", ["'a b |' is no path; for a fixed text write {const: …}"]),
    ("totl", ["no field 'totl' in shop.orders, did you mean 'total'?"]),
    ("email | trimm", ["unknown transform 'trimm', did you mean 'trim'?"]),
    ("email | trim:5", ["trim takes no argument"]),
    ("total | lower", ["lower takes string, 'total' is number; put '| string' before it"]),
    ("total | string | sum", ["sum takes array, what string gives is string"]),
    ("email | add_days:2", ["add_days takes date or instant, 'email' is string; put '| instant' before it"]),
    ("total | decimal:two", ["decimal takes a whole number from 0, not 'two'"]),
    ("status | replace:stage", ["replace knows no table 'stage', did you mean 'stages'?"]),
    (
        "totl | trimm",
        ["no field 'totl' in shop.orders, did you mean 'total'?", "unknown transform 'trimm', did you mean 'trim'?"],
    ),
]


@pytest.mark.parametrize(("value", "mistake"), MISTAKES)
def test_a_mistake_in_a_pipe_is_found_once(value: Any, mistake: list[str]) -> None:
    scope = order_scope()
    compile_pipe(node(value), scope)
    assert notes(scope) == mistake


def test_against_a_schema_that_arrives_the_tap_is_at_fault() -> None:
    scope = order_scope(arriving=True)
    compile_pipe(node("customer.mail"), scope)
    assert notes(scope) == [
        "mapping needs orders.customer.mail, but the tap does not give it; is the field deselected?"
    ]


def test_only_a_property_that_is_copied_takes_the_fast_path_of_objects() -> None:
    scope = order_scope()
    plain = {text: compile_pipe(node(text), scope).plain for text in ("number", "customer.email", "number | trim")}
    assert plain == {"number": ("number", frozenset({str})), "customer.email": None, "number | trim": None}
    assert BROKEN.get(ORDER) is None
