"""What a record names is put into it: looked up once, for a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tap_clarity import streams
from tap_clarity.streams import Embedding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from clarity_api.reading import Reader

SCHEMA: dict[str, Any] = {
    "properties": {"customerId": {}, "name": {}, "address": {"properties": {"city": {}}}, "_extra": {}}
}


class Customers:
    """A shop's customers; keeps which ids it was asked for."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = {row["customerId"]: row for row in rows}
        self.asked: list[list[str]] = []

    @property
    def site(self) -> Customers:
        return self

    def by_ids(self, name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        assert name == "customers"
        self.asked.append(list(ids))
        return [self.rows[key] for key in ids if key in self.rows]


def customers(shop: Customers) -> Embedding:
    return Embedding(cast("Reader", shop), "customers", "customerId", SCHEMA)


def test_each_customer_is_looked_up_once() -> None:
    shop = Customers({"customerId": "A", "name": "Ada"}, {"customerId": "B", "name": "Bob"})
    embedding = customers(shop)
    orders = [{"n": 1, "customerId": "B"}, {"n": 2, "customerId": "A"}, {"n": 3, "customerId": "B"}]
    names = [order["customer"]["name"] for order in embedding.put_into(orders, "customer")]
    assert names == ["Bob", "Ada", "Bob"]
    embedding.put_into([{"customerId": "A"}], "customer")
    assert shop.asked == [["A", "B"], []]


def test_a_guest_and_a_customer_who_is_gone_are_null_and_not_asked_for_again() -> None:
    shop = Customers()
    embedding = customers(shop)
    rows: list[dict[str, Any]] = [{"customerId": None}, {}, {"customerId": "gone"}]
    assert [row["customer"] for row in embedding.put_into(rows, "customer")] == [None, None, None]
    embedding.put_into(rows, "customer")
    assert shop.asked == [["gone"], []]


def test_the_row_itself_is_left_as_it_was() -> None:
    order = {"customerId": "A"}
    customers(Customers({"customerId": "A"})).put_into([order], "customer")
    assert order == {"customerId": "A"}


def test_what_is_embedded_has_the_shape_of_its_schema() -> None:
    shop = Customers({"customerId": "A", "vip": True, "address": {"city": "Austin", "floor": 3}})
    (row,) = customers(shop).put_into([{"customerId": "A"}], "customer")
    assert row["customer"] == {
        "customerId": "A",
        "address": {"city": "Austin", "_extra": {"floor": 3}},
        "_extra": {"vip": True},
    }


def test_fields_that_the_schema_leaves_out_are_left_out() -> None:
    schema: dict[str, Any] = {"properties": {"customerId": {}}}
    shop = Customers({"customerId": "A", "name": "Ada"})
    embedding = Embedding(cast("Reader", shop), "customers", "customerId", schema)
    assert embedding.put_into([{"customerId": "A"}], "customer")[0]["customer"] == {"customerId": "A"}


def test_events_ask_anew_and_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Customers({"customerId": "A"}, {"customerId": "B"})
    embedding_ = customers(shop)
    embedding_.put_into([{"customerId": "A"}], "customer")
    embedding_.forget()
    embedding_.put_into([{"customerId": "A"}], "customer")
    monkeypatch.setattr(streams, "CACHED", 0)
    embedding_.put_into([{"customerId": "B"}], "customer")
    embedding_.put_into([{"customerId": "A"}], "customer")
    assert shop.asked == [["A"], ["A"], ["B"], ["A"]]
