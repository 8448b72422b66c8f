from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from crosswalk_shop import ORDERS
from mapper_crosswalk.types.kinds import ANYTHING, Type, from_schema, of
from mapper_crosswalk.types.paths import UnknownPathError, follow, getter
from mapper_crosswalk.values.unmappable import UnmappableError

ORDER = from_schema(ORDERS)
FOLLOWED = [
    ("orderId", "string", False),
    ("number", "string", True),
    ("customer.customerId", "string", True),
    ("lines", "array of object", True),
    ("lines.0.quantity", "number", True),
    ("address.city", "string", True),
]


@pytest.mark.parametrize(("path", "kind", "nullable"), FOLLOWED)
def test_a_path_is_followed_to_its_type(path: str, kind: str, *, nullable: bool) -> None:
    followed = follow(tuple(path.split(".")), ORDER)
    assert (str(followed), followed.nullable) == (kind, nullable)


def test_what_is_known_to_be_present_is_never_missing() -> None:
    assert not follow(("customer", "email"), ORDER, frozenset({("customer",), ("customer", "email")})).nullable
    assert not follow(("customer", "customerId"), ORDER, frozenset({("customer",)})).nullable
    assert follow(("customer", "email"), ORDER, frozenset({("customer",)})).nullable


UNKNOWN = [
    (("totl",), "no field 'totl' in orders, did you mean 'total'?"),
    (("Gold",), "no field 'Gold' in orders; for a fixed text write {const: Gold}"),
    (("customer", "mail"), "no field 'customer.mail' in orders, did you mean 'email'?"),
    (("lines", "sku"), "'lines.sku' can't be: 'lines' is array of object"),
    (("number", "x"), "'number.x' can't be: 'number' is string"),
]


@pytest.mark.parametrize(("path", "described"), UNKNOWN)
def test_a_path_that_the_type_has_not_is_described(path: tuple[str, ...], described: str) -> None:
    with pytest.raises(UnknownPathError) as caught:
        follow(path, ORDER)
    assert caught.value.describe("orders") == described


def test_what_the_schema_does_not_say_can_be_anything() -> None:
    assert follow(("a", "b"), ANYTHING) == ANYTHING
    rest = Type(frozenset({"object"}), properties={}, rest=of("string"))
    assert follow(("Order ID",), rest) == of("string", nullable=True)


READ: list[tuple[str, Any, Any]] = [
    ("a", {"a": "x"}, "x"),
    ("a", {"a": ""}, None),
    ("a", {"a": None}, None),
    ("a", {}, None),
    ("a", {"a": 0}, 0),
    ("a", {"a": []}, []),
    ("a.b", {"a": {"b": "x"}}, "x"),
    ("a.b", {"a": None}, None),
    ("a.1", {"a": ["x", "y"]}, "y"),
    ("a.5", {"a": ["x", "y"]}, None),
    ("a.1.b", {"a": ["x", {"b": "y"}]}, "y"),
]


@pytest.mark.parametrize(("path", "record", "value"), READ)
def test_a_path_is_read(path: str, record: Any, value: Any) -> None:
    assert getter(tuple(path.split(".")), ANYTHING)(record) == value


def test_the_value_itself_is_a_path() -> None:
    assert getter((), of("string"))("x") == "x"
    assert getter((), of("string"))("") is None


def test_steps_stop_at_a_missing_value_until_one_has_a_default() -> None:
    steps = ((str.strip, None), (lambda text: text or None, None), (str.upper, "none"), (len, None))
    get = getter(("a",), ANYTHING, steps)
    assert [get({"a": text}) for text in (" ab ", "  ", "")] == [2, 4, 4]


REFUSED: list[tuple[str, Type, Any, str]] = [
    ("a", of("number"), {"a": "much"}, "'a' is text, not number"),
    ("a", of("integer"), {"a": Decimal("1.5")}, "'a' is a number, not integer"),
    ("a", of("string"), {"a": True}, "'a' is true or false, not string"),
    ("a.b", of("string"), {"a": "x"}, "'a.b' can't be read: there is text in the way"),
    ("a.b", of("string"), {"a": [1]}, "'a.b' can't be read: there is a list in the way"),
    ("a", of("string"), None, "'a' can't be read: there is null in the way"),
]


@pytest.mark.parametrize(("path", "kind", "record", "reason"), REFUSED)
def test_a_value_of_another_type_is_refused_and_not_quoted(path: str, kind: Type, record: Any, reason: str) -> None:
    with pytest.raises(UnmappableError) as caught:
        getter(tuple(path.split(".")), kind)(record)
    assert caught.value.reason == reason


def test_a_whole_number_is_an_integer() -> None:
    value = getter(("a",), of("integer"))({"a": Decimal("3.0")})
    assert (value, type(value)) == (3, int)
