"""Lists of a team: complete, the oldest first."""

from __future__ import annotations

from typing import Any

import pytest
from streak_api.errors import IncompleteList
from target_streak.team_lists import made_at, name_of, natural_keys, oldest_first


def boxes(*times: int) -> list[dict[str, Any]]:
    return [{"key": f"b{at}", "pipelineKey": "p1", "creationTimestamp": at} for at in times]


def keys(rows: list[dict[str, Any]]) -> list[str]:
    return [row["key"] for row in rows]


@pytest.fixture
def deals(streak: Any) -> str:
    return str(streak.add_pipeline("Deals"))


def test_boxes_come_oldest_first(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(1, 2, 3)
    assert keys(sign_in().lists.boxes(deals)) == ["b1", "b2", "b3"]
    assert len(streak.calls) == 1


def test_many_boxes_are_complete_when_the_count_agrees(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(*range(1, 251))
    streak.pipelines[deals]["boxCount"] = 250
    assert len(sign_in().lists.boxes(deals)) == 250
    assert len(streak.calls) == 5
    assert {streak.calls[0], streak.calls[-1]} == {f"GET /v1/pipelines/{deals}"}


def test_many_boxes_without_a_count_are_read_twice(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(*range(1, 251))
    assert len(sign_in().lists.boxes(deals)) == 250
    assert len(streak.calls) == 6


def test_a_list_with_fewer_boxes_than_counted_is_not_used(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(1, 2)
    streak.pipelines[deals]["boxCount"] = 3
    streak.at_once = 1
    with pytest.raises(IncompleteList, match="the list of boxes of pipeline 'Deals' has 2 of 3"):
        sign_in().lists.boxes(deals)


def test_the_latest_boxes_are_some_pages(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(*range(1, 801))
    latest = sign_in().lists.latest_boxes(deals)
    assert (len(streak.calls), latest[0]["key"], latest[-1]["key"]) == (5, "b301", "b800")


def test_the_latest_boxes_in_another_order_prove_nothing(deals: str, sign_in: Any, streak: Any) -> None:
    streak.boxes[deals] = boxes(*range(800, 0, -1))
    assert len(sign_in().lists.latest_boxes(deals)) == 800


def test_what_is_on_a_box(deals: str, sign_in: Any, streak: Any) -> None:
    streak.effects["b1 tasks"] = [{"key": "k1"}, {"key": "k2"}]
    lists = sign_in().lists
    assert keys(lists.effects("tasks", "b1")) == ["k1", "k2"]
    assert lists.effects("comments", "b1") == []


def test_a_party_is_found_by_natural_key_the_oldest_first(sign_in: Any, streak: Any) -> None:
    streak.contacts = [
        {"key": "c2", "creationDate": 2, "emailAddresses": ["a@b.example"]},
        {"key": "c1", "creationDate": 1, "emailAddresses": ["A@b.example"]},
    ]
    lists = sign_in().lists
    assert lists.find("contacts", "email:a@b.example")["key"] == "c1"
    assert lists.find("contacts", "email:x@b.example") is None
    assert len(streak.calls) == 1
    streak.contacts = []
    assert lists.find("contacts", "email:a@b.example", again=True) is None


def test_natural_keys_are_addresses_domains_and_names() -> None:
    ada = {"givenName": " Ada", "familyName": "Byron ", "emailAddresses": ["Ada@B.example"]}
    assert natural_keys("contacts", ada) == ["email:ada@b.example", "name:ada byron"]
    assert name_of(ada) == "ada byron"
    acme = {"name": "Acme", "domains": ["www.acme.example"], "normalizedDomains": ["acme.example"]}
    assert natural_keys("organizations", acme) == ["domain:acme.example", "name:acme"]
    assert natural_keys("organizations", {}) == []


def test_times_have_many_names() -> None:
    rows = [{"timestamp": 3}, {"creationDate": 2}, {"creationTimestamp": 1}, {}]
    assert [made_at(row) for row in oldest_first(rows)] == [0, 1, 2, 3]
