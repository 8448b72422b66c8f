"""Switches that make the sandbox another Streak: how lists are cut, ordered and moved, and what keys look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

START = 1_777_680_000_000
ALL = [f"b{number}" for number in range(9, -1, -1)]


@pytest.fixture
def listed(sandbox: Any, streak: Any) -> Callable[..., list[str]]:
    """The keys of ten boxes, the fourth of which is archived, as a list gives them."""
    pipeline = streak.pipeline()
    times = ("creationTimestamp", "lastUpdatedTimestamp", "lastSavedTimestamp")
    boxes = [
        {"key": f"b{n}", "pipelineKey": pipeline, "isArchived": n == 3, **dict.fromkeys(times, START + n)}
        for n in range(10)
    ]
    sandbox.load([{"system": "streak", "type": "boxes", "record": box} for box in boxes], events=False)

    def keys(version: str = "v1", **query: Any) -> list[str]:
        rows = streak.get(f"{version}/pipelines/{pipeline}/boxes", **query)
        return [row["key"] for row in (rows["results"] if isinstance(rows, dict) else rows)]

    return keys


def test_each_page_may_be_the_first(listed: Any, streak: Any) -> None:
    assert listed(page=1, limit=4) == ALL[4:8]
    streak.switch(box_list_page="ignored")
    assert listed(page=1, limit=4) == listed("v2", page=2, limit=4) == ALL[:4]
    assert len(streak.get("v2/pipelines", page=1, limit=1)["results"]) == 1


def test_a_list_may_be_cut_even_when_all_is_asked_for(listed: Any, streak: Any) -> None:
    assert listed() == ALL
    streak.switch(box_list_most=3)
    assert listed() == listed(limit=9) == listed(page=0, limit=9) == listed("v2") == ALL[:3]
    assert listed(page=2, limit=9) == ALL[6:9]


def test_a_list_may_come_in_another_order(listed: Any, streak: Any) -> None:
    streak.switch(box_list_order="oldest")
    assert listed(page=0, limit=3) == ["b0", "b1", "b2"]
    streak.switch(box_list_order="none")
    assert sorted(listed()) == sorted(ALL)
    assert listed() not in (ALL, ALL[::-1])


def test_a_list_may_move_while_it_is_read(listed: Any, streak: Any) -> None:
    streak.switch(box_list_moves="grows")
    listed(page=0, limit=3)
    streak.switch(box_list_moves="shrinks")
    assert len(listed(page=0, limit=3)) == 3
    streak.switch(box_list_moves="still")
    assert len(listed()) == 10


def test_what_is_archived_may_be_missing_from_lists(listed: Any, streak: Any) -> None:
    assert "b3" in listed()
    streak.switch(archived="hidden")
    assert "b3" not in listed()
    assert streak.get("v1/boxes/b3")["isArchived"] is True


def test_a_box_may_stand_still_while_its_counters_move(listed: Any, streak: Any) -> None:
    before = streak.get("v1/boxes/b1")
    streak.switch(child_instants="frozen")
    streak.post("v2/boxes/b1/comments", {"message": "hello"})
    streak.post("v2/boxes/b1/tasks", {"text": "Call"})
    after = streak.get("v1/boxes/b1")
    assert (after["commentCount"], after["taskTotal"]) == (1, 1)
    assert after["lastSavedTimestamp"] == before["lastSavedTimestamp"]
    assert "lastCommentTimestamp" not in after
    streak.switch(child_instants="moved")
    streak.post("v2/boxes/b1/comments", {"message": "again"})
    assert streak.get("v1/boxes/b1")["lastSavedTimestamp"] > before["lastSavedTimestamp"]


@pytest.mark.parametrize(("form", "kind"), [("number", int), ("prefix", str)])
def test_keys_may_look_otherwise_and_are_taken_as_they_look(listed: Any, streak: Any, form: str, kind: type) -> None:
    made = streak.post(f"v2/teams/{streak.team}/contacts", {"givenName": "Ada"})
    streak.switch(key_form=form)
    (first, *_) = listed()
    assert isinstance(first, kind)
    assert first != "b9"
    box = streak.get(f"v1/boxes/{first}")
    assert box["key"] == box["boxKey"] == first
    pipeline = streak.get(f"v1/pipelines/{box['pipelineKey']}")
    assert pipeline["key"] == box["pipelineKey"]
    contact = streak.get(f"v2/teams/{streak.team}/contacts")["results"][0]
    linked = streak.post(f"v1/boxes/{first}", {"contacts": [{"key": contact["key"]}]})
    assert [link["key"] for link in linked["contacts"]] == [contact["key"]]
    assert list(streak.post("v2/contacts/batch/get", [contact["key"]])) == [str(contact["key"])]
    streak.switch(key_form="text")
    assert streak.get("v1/boxes/b9")["contacts"][0]["key"] == made["key"]


def test_objects_may_have_properties_that_nobody_knows(listed: Any, streak: Any) -> None:
    streak.switch(extra_property=True)
    assert streak.get("v1/boxes/b1")["newThing"]["of"][0] == "odd"
    assert all("x-flag" in row for row in streak.get("v1/pipelines"))
    assert len(listed()) == 10


@pytest.mark.parametrize("status", [400, 404])
def test_lists_of_people_may_be_unknown(streak: Any, status: int) -> None:
    streak.switch(party_lists=status)
    for noun in ("contacts", "organizations"):
        assert streak.refused("GET", f"v2/teams/{streak.team}/{noun}")[0] == status
    assert streak.post(f"v2/teams/{streak.team}/contacts", {"givenName": "Ada"})["key"]
