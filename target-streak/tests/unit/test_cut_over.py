"""Boxes of another tool are matched with orders by a text in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from singer_rest.errors import AmbiguousMatch, FatalRunError
from target_streak.cut_over import Rule
from target_streak.requirements import Requirements, requirements_of

NUMBER = {"key": "1001", "name": "Number", "type": "TEXT_INPUT"}
BOXES = Requirements("boxes", pipelines=("Deals",))


def order(external_id: str, **values: Any) -> Any:
    return SimpleNamespace(
        external_id=external_id, values={f"fieldValues.{name}": value for name, value in values.items()}
    )


def box(key: str, number: str | None = None, name: str = "") -> dict[str, Any]:
    fields = {"1001": number} if number else {}
    return {"key": key, "pipelineKey": "p1", "name": name, "creationTimestamp": int(key[1:]), "fields": fields}


@pytest.fixture
def deals(streak: Any) -> str:
    return str(streak.add_pipeline("Deals", fields=(NUMBER, {"key": "1002", "name": "Gift", "type": "CHECKBOX"})))


def prepared(sign_in: Any, **settings: Any) -> Any:
    cut_over = sign_in(**settings).cut_over
    cut_over.prepare(BOXES)
    return cut_over


def test_without_settings_there_is_no_rule(sign_in: Any) -> None:
    assert sign_in().cut_over is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"adopt_equals": "Number"}, "set adopt_field or adopt_name, too"),
        ({"adopt_name": "("}, "adopt_name is no regular expression"),
        ({"adopt_name": "Order"}, "adopt_name has 0 groups"),
    ],
)
def test_settings_that_are_no_rule_stop_the_run(settings: dict[str, str], message: str) -> None:
    with pytest.raises(FatalRunError, match=message):
        Rule.of(settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"adopt_field": "Numbr"}, r"no pipeline of the mapping has, did you mean 'Number'\?"),
        ({"adopt_field": "Gift"}, "a CHECKBOX field: an order's number stands in text"),
    ],
)
def test_a_field_that_cannot_carry_the_number_stops_the_run(
    deals: str, sign_in: Any, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(FatalRunError, match=message):
        prepared(sign_in, **settings)


def test_a_field_that_the_records_do_not_fill_stops_the_run() -> None:
    rule = Rule.of({"adopt_field": "Number", "adopt_equals": "Ordr"})
    schema = {"properties": {"fieldValues": {"properties": {"Order": {"type": "string"}}}}}
    assert rule
    with pytest.raises(FatalRunError, match=r"did you mean 'Order'\? \(they fill 'Order'\)"):
        rule.check(requirements_of("boxes", schema))


def test_a_box_is_matched_by_its_field_else_by_its_name(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = [box("b1", "#1001 "), box("b2", name="Order 1002"), box("b3", name="Lunch")]
    cut_over = prepared(sign_in, adopt_field="Number", adopt_name=r"Order (\d+)")
    assert cut_over.find(order("1001"))["key"] == "b1"
    assert cut_over.find(order("1001"))["key"] == "b1"
    assert cut_over.find(order("1002"))["key"] == "b2"
    assert cut_over.find(order("1003")) is None
    assert list(cut_over.report()) == [
        (
            "cut-over: 3 boxes were not known: 2 matched, 0 ambiguous (for 0 orders), 1 unmatched; "
            "1 orders have no box there"
        )
    ]
    assert [row["adopt"] for row in cut_over.rows()] == ["matched", "matched", "unmatched"]


def test_a_box_is_compared_with_a_field_of_the_record(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = [box("b1", "SO-7")]
    cut_over = prepared(sign_in, adopt_field="Number", adopt_equals="Order Number")
    assert cut_over.find(order("1", **{"Order Number": "so-7"}))["key"] == "b1"


def test_several_boxes_of_one_number_are_for_a_person(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = [box("b1", "7"), box("b2", "7")]
    cut_over = prepared(sign_in, adopt_field="Number")
    with pytest.raises(AmbiguousMatch, match=r"boxes b1, b2 fit: .* retry this letter"):
        cut_over.find(order("7"))
    assert "2 ambiguous (for 1 orders, see `dead-letters list`)" in next(cut_over.report())


def test_a_box_is_of_one_order_only(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = [box("b1", "7")]
    cut_over = prepared(sign_in, adopt_field="Number", adopt_equals="N", dry_run=True)
    assert cut_over.find(order("1", N="7"))
    with pytest.raises(AmbiguousMatch, match="box b1 fits order 1, too"):
        cut_over.find(order("2", N="7"))


def test_boxes_that_the_ledger_knows_are_left_alone(deals: str, sign_in: Any, streak: Any, ledger: Any) -> None:
    streak.boxes[deals] = [box("b1", "7")]
    ledger.links.adopt("boxes", {"9": "b1"}, "ours")
    assert prepared(sign_in, adopt_field="Number").find(order("7")) is None
