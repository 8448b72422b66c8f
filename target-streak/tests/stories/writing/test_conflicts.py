"""People and the shop change the same thing: who wins, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest

DAYS = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 8)]


def test_both_changed_and_the_destination_owns(shop: Any) -> None:
    shop.sync["boxes"]["stageName"] = {"shared": True, "owner": "target"}
    shop.run(shop.box(at=DAYS[0]))
    shop.move("On Hold")
    ran = shop.run(shop.box(stageName="Shipped", at=DAYS[1]))
    assert (shop.stage(), ran.writes) == ("On Hold", [])
    shop.move("Won")
    shop.run(shop.box(stageName="In Fulfillment", at=DAYS[2]))
    assert shop.stage() == "Won"


def test_what_was_kept_is_the_new_base(shop: Any) -> None:
    shop.sync["boxes"]["stageName"] = {"shared": True, "owner": "target"}
    shop.run(shop.box(at=DAYS[0]))
    shop.move("On Hold")
    shop.run(shop.box(stageName="Shipped", at=DAYS[1]))
    shop.run(shop.box(stageName="Won", at=DAYS[2]))
    assert shop.stage() == "Won"


@pytest.mark.parametrize(
    ("updated", "stage"), [("2020-01-01T00:00:00Z", "On Hold"), ("2099-01-01T00:00:00Z", "Shipped")]
)
def test_the_newest_wins_where_it_is_asked_for(shop: Any, updated: str, stage: str) -> None:
    shop.run(shop.box(at="2019-01-01T00:00:00Z"))
    shop.move("On Hold")
    shop.run(shop.box(stageName="Shipped", at=updated), conflict="newest")
    assert shop.stage() == stage


def test_a_value_that_both_sides_reached_is_no_conflict(shop: Any) -> None:
    shop.run(shop.box(at=DAYS[0]))
    shop.move("Shipped")
    assert shop.run(shop.box(stageName="Shipped", at=DAYS[1])).writes == []
    shop.run(shop.box(stageName="Won", at=DAYS[2]))
    assert shop.stage() == "Won"


def test_equivalent_values_are_equal(shop: Any) -> None:
    shop.sync["boxes"]["notes"] = {"equivalent": [["confirmed", "processing"]]}
    shop.run(shop.box(notes="confirmed", at=DAYS[0]))
    assert shop.run(shop.box(notes="processing", at=DAYS[1])).calls == []


def test_a_pipeline_is_chosen_once(shop: Any) -> None:
    shop.run(shop.box(at=DAYS[0]))
    shop.run(shop.box(pipelineName="Key Accounts", stageName="Shipped", at=DAYS[1]))
    pipeline = next(one for one in shop.stored("pipelines") if one["key"] == shop.only("boxes")["pipelineKey"])
    assert (pipeline["name"], shop.stage()) == ("Web Orders", "Shipped")


def test_raw_keys_count_only_without_their_names(shop: Any) -> None:
    shop.run(shop.box())
    box = shop.only("boxes")
    shop.run(shop.box(2, pipelineKey="nonsense", stageKey="4711", pipelineName="Web Orders", stageName="Won"))
    raw = {"name": "Raw", "pipelineKey": box["pipelineKey"], "stageKey": box["stageKey"], "key": "somewhere-else"}
    shop.run({"type": "RECORD", "stream": "boxes", "record": raw})
    stages = {one["name"]: shop.stage(one) for one in shop.stored("boxes")}
    assert stages == {"Order 100001": "New Order", "Order 100002": "Won", "Raw": "New Order"}
