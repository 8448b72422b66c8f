"""A pipeline that another tool filled is taken over: first on paper, then for real; nothing is there twice."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from singer_rest.errors import FatalRunError

MATCHED, TWICE, NEW = range(1, 25), range(25, 28), range(28, 33)
ORDERS = [*MATCHED, *TWICE, *NEW]
STRAY = ("Order #555001 (shop before)", "Order #555002 (shop before)", "order of pens for the office", "Renewal?")
BY_NAME = {"adopt_name": r"(?i)order #(\d+)"}


def other_tool(shop: Any, name: str, **values: Any) -> str:
    """A box that somebody else's program made."""
    web = next(one for one in shop.stored("pipelines") if one["name"] == "Web Orders")
    return str(shop.person("POST", f"/v2/pipelines/{web['key']}/boxes", {"name": name} | values)["key"])


def fill(shop: Any) -> dict[int, list[str]]:
    """34 boxes: one for most orders, two for some, and some that belong to nothing."""
    boxes = {number: [other_tool(shop, f"Order #{100000 + number} – Acme", notes="Rang twice")] for number in MATCHED}
    boxes |= {
        number: [other_tool(shop, f"ORDER #{100000 + number}{copy}") for copy in ("", " (2)")] for number in TWICE
    }
    return boxes | {0: [other_tool(shop, name) for name in STRAY]}


def orders(shop: Any) -> list[Any]:
    return [message for number in ORDERS for message in (shop.box(number), shop.comment(number, f"payment:{number}"))]


def plan(path: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def ids(shop: Any) -> dict[str, str]:
    """The boxes that carry an order's id."""
    return {box["key"]: found for box in shop.stored("boxes") if (found := shop.fields(box).get("Order ID"))}


def test_a_cut_over_is_rehearsed(shop: Any) -> None:
    boxes = fill(shop)
    before, file = shop.stored("boxes"), shop.tmp_path / "plan.jsonl"
    ran = shop.run(*orders(shop), **BY_NAME, dry_run=True, dry_run_file=str(file))
    assert f"cut-over: 34 boxes were not known: 24 matched, 6 ambiguous (for 3 orders, see {file})" in ran.log
    assert "letter" not in ran.log, "a dry run keeps none"
    assert "4 unmatched; 5 orders have no box there" in ran.log
    rows = [row for row in plan(file) if "adopt" in row]
    assert Counter(row["adopt"] for row in rows) == {"matched": 24, "ambiguous": 6, "unmatched": 4}
    named = {row["box"]: row.get("externalId") for row in rows}
    wanted = {key: str(100000 + number) for number, keys in boxes.items() if number for key in keys}
    assert named == wanted | dict.fromkeys(boxes[0])
    paths = {row["path"] for row in plan(file) if row.get("method") == "POST"}
    assert {f"/v1/boxes/{boxes[number][0]}" for number in MATCHED} <= paths
    assert (ran.writes, ran.states, shop.letters(), shop.stored("boxes")) == ([], [], [], before)


def test_a_cut_over_matches_and_makes_no_double(shop: Any) -> None:
    boxes = fill(shop)
    ran = shop.run(*orders(shop), **BY_NAME)
    assert "24 matched, 6 ambiguous (for 3 orders" in ran.log
    made = ids(shop)
    assert {key: made[key] for number in MATCHED for key in boxes[number]} == {
        boxes[number][0]: str(100000 + number) for number in MATCHED
    }
    assert Counter(made.values()) == {str(100000 + number): 1 for number in (*MATCHED, *NEW)}
    assert len(shop.stored("boxes")) == 34 + len(NEW)
    assert {box["notes"] for box in shop.stored("boxes") if box["key"] in {boxes[n][0] for n in MATCHED}} == {
        "Rang twice"
    }
    assert len(shop.stored("comments")) == len(MATCHED) + len(NEW)
    again = shop.run(*orders(shop), **BY_NAME)
    assert again.writes == []
    assert {(one.external_id, one.kind) for one in shop.letters() if one.stream == "boxes"} == {
        (str(100000 + number), "conflict") for number in TWICE
    }


def test_a_person_says_which_box_is_meant(shop: Any) -> None:
    boxes = fill(shop)
    shop.run(*orders(shop), **BY_NAME)
    (letter,) = [one for one in shop.letters() if (one.stream, one.external_id) == ("boxes", "100025")]
    assert all(key in letter.reason for key in boxes[25])
    pipeline = next(one for one in shop.stored("pipelines") if one["name"] == "Web Orders")
    field = next(one["key"] for one in pipeline["fields"] if one["name"] == "Order ID")
    shop.person("POST", f"/v1/boxes/{boxes[25][1]}", {"fields": {field: "100025"}})
    shop.person("DELETE", f"/v1/boxes/{boxes[26][0]}")
    shop.run(shop.box(25), shop.box(26), **BY_NAME)
    assert {boxes[25][1]: "100025", boxes[26][1]: "100026"}.items() <= ids(shop).items()
    assert [one.external_id for one in shop.letters() if one.stream == "boxes"] == ["100027"]
    assert len([one for one in shop.stored("comments") if one["boxKey"] in {boxes[25][1], boxes[26][1]}]) == 2
    assert len(shop.stored("boxes")) == 33 + len(NEW)


def test_the_number_may_stand_in_a_field_of_another_name(shop: Any) -> None:
    shop.custom_fields["Order Number"] = {"type": "string"}
    web = next(one for one in shop.stored("pipelines") if one["name"] == "Web Orders")
    field = shop.person("POST", f"/v2/pipelines/{web['key']}/fields", {"name": "Shop Order", "type": "TEXT_INPUT"})[
        "key"
    ]
    key = other_tool(shop, "Ada's bolts", fields={field: " so-100001"})
    named = other_tool(shop, "Order #2")
    rule = {"adopt_field": "Shop Order", "adopt_name": r"Order #(\d+)", "adopt_equals": "Order Number"}
    shop.run(shop.box(1, fields={"Order Number": "SO-100001"}), shop.box(2, fields={"Order Number": "2"}), **rule)
    assert ids(shop) == {key: "100001", named: "100002"}


def test_one_box_is_not_two_orders(shop: Any) -> None:
    shop.custom_fields["Order Number"] = {"type": "string"}
    other_tool(shop, "Order #77")
    rule = {"adopt_name": r"Order #(\d+)", "adopt_equals": "Order Number"}
    shop.run(*(shop.box(number, fields={"Order Number": "77"}) for number in (1, 2)), **rule)
    (letter,) = shop.letters()
    assert (letter.kind, letter.code, len(shop.stored("boxes"))) == ("conflict", "ambiguous", 1)


MISTAKES = {
    "adopt_name is no regular expression": {"adopt_name": "Order (#"},
    "adopt_name has 0 groups": {"adopt_name": r"Order #\d+"},
    "adopt_equals says what boxes are compared with": {"adopt_equals": "Order Number"},
    "adopt_field names the field 'Shop Ordr', which no pipeline of the mapping has": {"adopt_field": "Shop Ordr"},
    "adopt_equals names the field 'Order Numbr'": {**BY_NAME, "adopt_equals": "Order Numbr"},
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_rule_that_can_not_be_ends_the_run_before_it_begins(shop: Any, said: str) -> None:
    with pytest.raises(FatalRunError, match=said):
        shop.run(shop.box(), **MISTAKES[said])
    assert shop.stored("boxes") == []
