"""Pipes, and templates made of them."""

from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import ORDER, node, notes, order_scope
from mapper_crosswalk.compile.pipes import compile_pipe, compile_template, fill_gaps
from mapper_crosswalk.compile.scope import BROKEN
from mapper_crosswalk.syntax.expressions import split_template

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


SPLIT = [
    ("Order {number}", (["Order ", ""], ["number"])),
    ("{a}{b | trim}", (["", "", ""], ["a", "b | trim"])),
    ("{{{a}}}", (["{", "}"], ["a"])),
    ("plain", (["plain"], [])),
    ("", ([""], [])),
]


@pytest.mark.parametrize(("template", "parts"), SPLIT)
def test_a_template_is_literals_and_places(template: str, parts: tuple[list[str], list[str]]) -> None:
    assert split_template(template) == parts


@pytest.mark.parametrize("template", ["{a", "a}", "{a{b}}"])
def test_a_lone_brace_is_a_mistake(template: str) -> None:
    with pytest.raises(ValueError, match=r"^[{}]$"):
        split_template(template)


TEMPLATES = [
    ("{a} – {b}", {"a": "A"}, "A"),
    ("{a} – {b}", {"b": "B"}, "B"),
    ("{a} – {b} – {c}", {"a": "A", "c": "C"}, "A – C"),
    ("{a}, {b}: {c}", {"a": "A", "c": "C"}, "A, C"),
    ("Order {a} ({b})", {"a": "A"}, "Order A"),
    ("Order {a} ({b}) for {c}", {"a": "A", "c": "C"}, "Order A for C"),
    ("Paid: {a} {b}, card …{c}", {"b": "USD", "c": "1"}, "Paid: USD, card …1"),
    ("{a} {b}", {"a": "- A -"}, "- A -"),
    ("{a}/{b}/{c}", {"b": "B"}, "B"),
    ("{a} {b} {c}", {"a": "A", "c": "C"}, "A C"),
]


@pytest.mark.parametrize(("template", "values", "expected"), TEMPLATES)
def test_a_template_reads_well_without_a_part(template: str, values: dict[str, str], expected: str) -> None:
    literals, places = split_template(template)
    assert fill_gaps(literals, [values.get(place) for place in places]) == expected


COMPILED = [
    ("{number} – {customer.company}", False, "SO-7 – Acme"),
    ("{number} – {note}", False, "SO-7"),
    ("{number} – {note}", True, None),
    ("{total | decimal:2} × {count}, {isTest}", False, "208.38 × 3, false"),
]


@pytest.mark.parametrize(("template", "strict", "text"), COMPILED)
def test_in_an_id_one_missing_place_makes_the_whole_missing(template: str, *, strict: bool, text: str | None) -> None:
    scope = order_scope(strict=strict)
    assert compile_template(node(template), scope).get(ORDER) == text
    assert notes(scope) == []


def test_an_id_is_sure_when_all_its_places_are() -> None:
    assert not compile_template(node("{orderId}:{number}"), order_scope()).kind.nullable
    assert compile_template(node("{orderId}:{number}"), order_scope(strict=True)).kind.nullable


@pytest.mark.parametrize(
    ("template", "mistake"),
    [
        ("no place", "the template has no {path}; for a fixed text write {const: …}"),
        ("{number", "a lone '{' in the template; write it twice for the character itself"),
        ("{lines}", "a template takes text and numbers, 'lines' is array of object"),
    ],
)
def test_a_mistake_in_a_template_is_found(template: str, mistake: str) -> None:
    scope = order_scope()
    compile_template(node(template), scope)
    assert notes(scope) == [mistake]
