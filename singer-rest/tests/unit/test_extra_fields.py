"""Records in the shape of their schema."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.tap.extra_fields import deep_copy, fit, shape_of

DATE = {"type": ["string", "null"], "format": "date-time"}
SCHEMA: dict[str, Any] = {
    "properties": {
        "id": {"type": "string"},
        "at": DATE,
        "address": {"properties": {"city": {"type": "string"}, "_extra": {"type": "object"}}},
        "lines": {"type": "array", "items": {"properties": {"sku": {}, "soldAt": DATE}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "custom": {"type": "object"},
        "_extra": {"type": "object"},
    }
}
SHAPE = shape_of(SCHEMA)


def test_what_fits_is_given_back_itself() -> None:
    row = {
        "id": "1",
        "at": "2026-05-02T00:00:00Z",
        "address": {"city": "Austin"},
        "lines": [{"sku": "A"}],
        "custom": {"x": 1},
    }
    assert fit(row, SHAPE) is row


def test_unknown_fields_are_kept_in_the_object_that_holds_them() -> None:
    row = {"id": "1", "colour": "red", "address": {"city": "Austin", "floor": 3}, "lines": [{"sku": "A"}, {"new": [1]}]}
    assert fit(row, SHAPE) == {
        "id": "1",
        "address": {"city": "Austin", "_extra": {"floor": 3}},
        "lines": [{"sku": "A"}, {"_extra": {"new": [1]}}],
        "_extra": {"colour": "red"},
    }


def test_what_is_changed_is_a_copy() -> None:
    row = {"id": "1", "address": {"floor": 3}, "lines": [{"soldAt": 1_700_000_000_123}]}
    before = deep_copy(row)
    assert fit(row, SHAPE) != row
    assert row == before


@pytest.mark.parametrize(
    ("value", "fitted"),
    [
        (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        (-1, None),
        (0, None),
        (None, None),
        (True, True),
        ("2026-05-02", "2026-05-02"),
    ],
)
def test_instants_are_iso_and_what_is_none_is_null(value: Any, fitted: Any) -> None:
    assert fit({"at": value, "lines": [{"soldAt": value}]}, SHAPE) == {"at": fitted, "lines": [{"soldAt": fitted}]}


def test_an_instant_of_no_year_is_kept_aside() -> None:
    assert fit({"at": 1 << 62}, SHAPE) == {"at": None, "_extra": {"at": 1 << 62}}


@pytest.mark.parametrize("value", [None, "text", 5, []])
def test_what_is_no_object_where_one_is_expected_stays(value: Any) -> None:
    row = {"address": value, "lines": value}
    assert fit(row, SHAPE) is row


def test_an_extra_of_the_api_itself_is_an_unknown_field() -> None:
    assert fit({"id": "1", "_extra": "mine"}, SHAPE) == {"id": "1", "_extra": {"_extra": "mine"}}


def test_companions_are_unknown_before_they_are_added_and_stay_as_they_are_afterwards() -> None:
    row = {"address": {"floor": 3}, "at": 5}
    names = frozenset({"address", "at"})
    assert fit(row, SHAPE.without(names)) == {"_extra": row}
    assert fit(row, SHAPE.leaving(names)) is row
    assert fit({"made": 1}, SHAPE.leaving(frozenset({"made"}))) == {"made": 1}


def test_a_copy_shares_nothing() -> None:
    value = {"a": [{"b": 1}], "c": "text"}
    copy = deep_copy(value)
    copy["a"][0]["b"] = 2
    assert value == {"a": [{"b": 1}], "c": "text"}
