from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from crosswalk_shop import ORDER as SHOP_ORDER
from crosswalk_shop import node, notes, order_scope
from mapper_crosswalk.compile.conditions import compile_condition

ORDER = {**SHOP_ORDER, "total": Decimal("208.38"), "note": "", "tags": ["a", "b"]}
CONDITIONS = [
    ("number exists", True),
    ("note exists", False),
    ("note missing", True),
    ("customer.email missing", True),
    ("lines exists", True),
    ("status == pending", True),
    ("status != pending", False),
    ("note != x", True),
    ("note == x", False),
    ("status in [shipped, pending]", True),
    ("status not in [shipped, pending]", False),
    ("note not in [a]", True),
    ("count >= 3", True),
    ("count < 3", False),
    ("total == 208.380", True),
    ("total <= 208.38", True),
    ("isTest == false", True),
    ("number == 'SO-7'", True),
    ("orderDate > 2026-05-01", True),
    ("orderDate < 2026-05-01T14:03:11+02:00", False),
    ("orderDate == 2026-05-01T16:03:11+02:00", True),
    ("email | domain == acme.example", True),
    ("lines | count > 1", True),
    ("[total > 1, count > 5]", False),
    ("{any: [total > 1, count > 5]}", True),
    ("{not: total > 1}", False),
    ("{not: [total > 1, {any: [count > 5]}]}", True),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS)
def test_a_condition_holds(condition: str, *, holds: bool) -> None:
    scope = order_scope()
    written = yaml.safe_load(condition) if condition[0] in "[{" else condition
    assert compile_condition(node(written), scope).test(ORDER) is holds
    assert notes(scope) == []


PRESENT: list[tuple[Any, set[str]]] = [
    ("number exists", {"number"}),
    ("customer.email exists", {"customer", "customer.email"}),
    ("status == pending", {"status"}),
    ("total > 5", {"total"}),
    ("status in [pending]", {"status"}),
    ("number missing", set()),
    ("status != pending", set()),
    ("status not in [pending]", set()),
    ({"not": "number exists"}, set()),
    (["number exists", "note exists"], {"number", "note"}),
    ({"any": ["number exists", "note exists"]}, set()),
    ({"any": [["number exists", "note exists"], ["number exists", "email exists"]]}, {"number"}),
]


@pytest.mark.parametrize(("condition", "paths"), PRESENT)
def test_what_a_condition_looked_at_has_a_value_when_it_holds(condition: Any, paths: set[str]) -> None:
    present = compile_condition(node(condition), order_scope()).present
    assert {".".join(path) for path in present} == paths


def test_each_way_to_hold_is_a_case_until_they_are_too_many() -> None:
    either = {"any": ["number exists", "note exists"]}
    assert len(compile_condition(node([either, either]), order_scope()).cases) == 4
    assert len(compile_condition(node([either] * 6), order_scope()).cases) == 1


MISTAKES: list[tuple[Any, str]] = [
    ("total around 5", "'total around 5' is no condition"),
    ("total > many", "'total' is number, 'many' is not"),
    ("status == shiped", "'status' has no value 'shiped', did you mean 'shipped'?"),
    ("kind == fax", "'kind' has no value 'fax' (there is: web, phone)"),
    ("number > 5", "> compares numbers and dates, 'number' is string"),
    ({"al": ["total > 1"]}, "unknown condition 'al'"),
    ({"any": "total > 1"}, "unknown condition 'any'"),
    (5, "a condition is: path exists"),
    ({}, "a condition is: path exists"),
]


@pytest.mark.parametrize(("condition", "mistake"), MISTAKES)
def test_a_mistake_in_a_condition_is_found(condition: Any, mistake: str) -> None:
    scope = order_scope()
    compile_condition(node(condition), scope)
    assert [note[: len(mistake)] for note in notes(scope)] == [mistake]


def test_a_value_that_is_only_known_may_be_another() -> None:
    scope = order_scope()
    compile_condition(node("status == archived"), scope)
    assert notes(scope) == []
