from __future__ import annotations

import pytest
from crosswalk_shop import ORDER, node, notes, order_scope
from mapper_crosswalk.compile.pipes import compile_template, fill_gaps
from mapper_crosswalk.syntax.expressions import split_template

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
