"""Names and forms, both ways: what goes to the shop comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from clarity_api.forms import floor, to_contract, to_site, written
from clarity_api.renames import Renames, value_at
from hypothesis import given
from hypothesis import strategies as st

FIELDS: dict[str, str | None] = {
    "orderId": "no",
    "customerId": "buyer.id",
    "shippingAddress": "shipTo",
    "shippingAddress.line1": "shipTo.street",
    "lineItems": "lines",
    "lineItems[].sku": "lines[].article.code",
    "status": "state",
    "state": "status",
    "isTest": None,
}
RENAMES = Renames(FIELDS, {"orderId": "integer", "updatedAt": "epoch_seconds", "lineItems[].unitPrice": "text"})
SITE: dict[str, Any] = {
    "no": 7,
    "buyer": {"id": "C", "vip": True},
    "shipTo": {"street": "1 Main St", "city": "Austin"},
    "lines": [{"article": {"code": "BOLT"}, "quantity": 2, "unitPrice": "1.50"}, "odd"],
    "state": "open",
    "status": "TX",
    "updatedAt": 1_770_000_000,
    "own": 1,
}
CONTRACT: dict[str, Any] = {
    "orderId": "7",
    "customerId": "C",
    "buyer": {"vip": True},
    "shippingAddress": {"line1": "1 Main St", "city": "Austin"},
    "lineItems": [{"sku": "BOLT", "quantity": 2, "unitPrice": Decimal("1.50")}, "odd"],
    "status": "open",
    "state": "TX",
    "updatedAt": "2026-02-02T02:40:00Z",
    "own": 1,
}


def test_a_record_is_read_in_the_contracts_names() -> None:
    before = repr(SITE)
    assert RENAMES.to_contract(SITE) == CONTRACT
    assert repr(SITE) == before


def test_and_written_in_the_shops() -> None:
    assert RENAMES.to_site({**CONTRACT, "isTest": False}) == SITE


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        ({"status": "shipped"}, {"state": "shipped"}),
        ({"shippingAddress": None}, {"shipTo": None}),
        ({"shippingAddress": {"line1": None}}, {"shipTo": {"street": None}}),
        ({"customerId": None}, {"buyer": {"id": None}}),
        ({"lineItems": []}, {"lines": []}),
        ({}, {}),
    ],
)
def test_a_part_of_a_record_is_sent_alone(part: dict[str, Any], sent: dict[str, Any]) -> None:
    assert RENAMES.to_site(part) == sent


@pytest.mark.parametrize("row", [{}, {"shipTo": None}, {"buyer": None}, {"buyer": "C"}, {"lines": None}, {"lines": {}}])
def test_what_is_not_there_or_of_another_kind_is_no_trouble(row: dict[str, Any]) -> None:
    assert RENAMES.to_site(RENAMES.to_contract(row)) == row


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001
def test_an_instant_is_never_written_later_than_it_is(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    for form in ("iso", "iso_no_offset", "date", "epoch_seconds", "epoch_ms"):
        there = to_contract(written(instant, form), form)
        back = datetime.fromisoformat(there)
        assert floor(instant, form) == (back if back.tzinfo else back.replace(tzinfo=UTC)) <= instant


@pytest.mark.parametrize(
    ("form", "site", "contract"),
    [
        ("epoch_seconds", 1_770_000_000, "2026-02-02T02:40:00Z"),
        ("epoch_ms", 1_770_000_000_250, "2026-02-02T02:40:00.250000Z"),
        ("iso_no_offset", "2026-02-02T02:40:00", "2026-02-02T02:40:00Z"),
        ("text", "208.38", Decimal("208.38")),
        ("integer", 12, "12"),
    ],
)
def test_each_form_both_ways(form: str, site: Any, contract: Any) -> None:
    assert to_contract(site, form) == contract
    assert to_site(contract, form) == site


@pytest.mark.parametrize("form", ["iso", "iso_no_offset", "date", "epoch_seconds", "epoch_ms", "text", "integer"])
@pytest.mark.parametrize("value", [None, True, "yesterday", "NaN", [], {}, 10**40])
def test_what_is_not_of_the_form_stays(form: str, value: Any) -> None:
    assert to_contract(value, form) in (value, str(value))
    to_site(value, form)


def test_instants_are_seconds_with_their_fraction() -> None:
    assert to_contract(Decimal("1770000000.5"), "epoch_seconds") == "2026-02-02T02:40:00.500000Z"
    assert to_contract("1770000000", "epoch_seconds") == "2026-02-02T02:40:00Z"


def test_a_place_in_an_answer() -> None:
    assert value_at({"a": {"b": 1}}, "a.b") == 1
    assert value_at({"a": {"b": 1}}, "") == {"a": {"b": 1}}
    assert value_at({"a": [1]}, "a.b") is None
    assert value_at(None, "a") is None
