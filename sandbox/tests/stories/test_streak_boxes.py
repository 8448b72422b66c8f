"""Boxes: written, changed, moved, listed, found, deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

MAYA, TOM = "maya@sandbox-sales.example", "tom@sandbox-sales.example"


def test_a_box_is_made_with_what_it_needs(streak: Any) -> None:
    box = streak.box(notes="text", assignedToSharingEntries=[{"email": MAYA}])
    me = streak.get("v1/users/me")
    assert (box["key"], box["stageKey"], box["notes"]) == (box["boxKey"], "5001", "text")
    assert [entry["email"] for entry in box["assignedToSharingEntries"]] == [MAYA]
    assert (box["creatorKey"], box["followerKeys"]) == (me["key"], [me["key"]])
    stamps = ("creationTimestamp", "lastUpdatedTimestamp", "lastSavedTimestamp", "lastStageChangeTimestamp")
    assert len({box[stamp] for stamp in stamps}) == 1
    assert "contacts" not in box
    nameless = {"error": "Insufficient params for Box", "success": False}
    assert streak.refused("POST", f"v2/pipelines/{streak.pipeline()}/boxes", json={}) == (400, nameless)


@pytest.mark.parametrize(
    "assignees",
    [[{"email": TOM}], [TOM], f'[{{"email": "{TOM}"}}]', [{"email": TOM.upper()}, {"email": TOM}]],
    ids=["array", "bare", "string", "twice"],
)
def test_assignees_are_understood_in_every_spelling(streak: Any, assignees: Any) -> None:
    box = streak.post(f"v1/boxes/{streak.box()['key']}", {"assignedToSharingEntries": assignees})
    (entry,) = box["assignedToSharingEntries"]
    assert (entry["email"], entry["fullName"]) == (TOM, "Tom Okafor")
    again = streak.post(f"v1/boxes/{box['key']}", {"assignedToSharingEntries": [{"userKey": entry["userKey"]}]})
    assert again["assignedToSharingEntries"] == [entry]
    assert streak.post(f"v1/boxes/{box['key']}", {"assignedToSharingEntries": []})["assignedToSharingEntries"] == []


def test_people_outside_the_team_are_refused_and_nothing_changes(streak: Any) -> None:
    box = streak.box()
    body = {"name": "other", "assignedToSharingEntries": [{"email": "former.rep@sandbox-sales.example"}]}
    assert streak.refused("POST", f"v1/boxes/{box['key']}", json=body)[0] == 400
    assert streak.get(f"v1/boxes/{box['key']}") == box


def test_arrays_replace_and_fields_merge(streak: Any) -> None:
    first, second = (
        streak.post(f"v2/teams/{streak.team}/contacts", {"emailAddresses": [email]})["key"]
        for email in ("a@b.c", "d@e.f")
    )
    streak.field("Size", "TEXT_INPUT")
    streak.field("Paid", "CHECKBOX")
    path = f"v1/boxes/{streak.box()['key']}"
    streak.post(path, {"contacts": [{"key": first}], "fields": {"1001": "10000"}})
    box = streak.post(path, {"contacts": [{"key": second, "isStarred": True}], "fields": '{"1002": true}'})
    assert box["contacts"] == [{"key": second, "isStarred": True, "isAutoboxed": False}]
    assert box["fields"] == {"1001": "10000", "1002": True}
    assert "contacts" not in streak.post(path, {"contacts": []})
    assert streak.refused("POST", path, json={"contacts": [{"key": "nix"}]})[0] == 400
    assert streak.refused("POST", path, json={"organizations": [{"key": first}]})[0] == 400


def test_values_are_kept_as_written(streak: Any) -> None:
    kinds = [("Size", "TEXT_INPUT"), ("Due", "DATE"), ("Paid", "CHECKBOX")]
    for name, kind in kinds:
        streak.field(name, kind)
    streak.field("Region", "DROPDOWN", "EU")
    streak.field("Labels", "TAG", "web", "shop")
    values = {"1001": Decimal("1234.50"), "1002": 1735689600000, "1003": False, "1004": "9001", "1005": ["9002"]}
    body = '{"fields":{"1001":1234.50,"1002":1735689600000,"1003":false,"1004":"9001","1005":["9002"]}}'
    answer = streak.send(
        "POST", f"v1/boxes/{streak.box()['key']}", data=body, headers={"Content-Type": "application/json"}
    )
    assert streak.parsed(answer)["fields"] == values
    assert b"1234.50" in answer.content
    box = streak.parsed(answer)["key"]
    assert streak.get(f"v1/boxes/{box}/fields") == [{"key": key, "value": value} for key, value in values.items()]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("1001", ["list"]),
        ("1001", True),
        ("1002", "2026-01-02"),
        ("1003", "true"),
        ("1004", "EU"),
        ("1004", "9009"),
        ("1005", "9001"),
        ("1005", ["web"]),
        ("1006", "=1+1"),
        ("1999", "x"),
    ],
)
def test_wrong_encodings_are_refused(streak: Any, key: str, value: Any) -> None:
    for name, kind, *labels in (
        ("Size", "TEXT_INPUT"),
        ("Due", "DATE"),
        ("Paid", "CHECKBOX"),
        ("Region", "DROPDOWN", "EU"),
        ("Labels", "TAG", "web"),
        ("Sum", "FORMULA"),
    ):
        streak.field(name, kind, *labels)
    box = streak.box()["key"]
    assert streak.refused("POST", f"v1/boxes/{box}", json={"fields": {key: value}})[0] == 400
    assert streak.refused("POST", f"v1/boxes/{box}/fields/{key}", json={"value": value})[0] == 400
    assert streak.get(f"v1/boxes/{box}")["fields"] == {}


def test_one_value_at_a_time(streak: Any) -> None:
    streak.field("Region", "DROPDOWN", "EU", "APAC")
    path = f"v1/boxes/{streak.box()['key']}/fields"
    assert streak.get(path) == [{"key": "1001"}]
    assert streak.post(f"{path}/1001", {"value": "9002"}) == {"key": "1001", "value": "9002"}
    assert streak.get(f"{path}/1001") == {"key": "1001", "value": "9002"}
    assert streak.post(f"{path}/1001", {"value": None}) == {"key": "1001"}


def test_fields_sent_at_create_may_be_dropped(streak: Any) -> None:
    streak.field("Size", "TEXT_INPUT")
    streak.switch(create_fields="dropped")
    assert streak.box(fields={"1001": "x"})["fields"] == {}


def test_which_timestamp_moves_when(sandbox: Any, streak: Any) -> None:
    box = streak.box()
    path, made = f"v1/boxes/{box['key']}", box["creationTimestamp"]
    sandbox.clock(advance=60)
    edited = streak.post(path, {"name": "New"})
    assert edited["lastUpdatedTimestamp"] == edited["lastSavedTimestamp"] >= made + 60_000
    assert (edited["lastStageChangeTimestamp"], edited["creationTimestamp"]) == (made, made)
    sandbox.clock(advance=60)
    moved = streak.post(path, {"stageKey": 5002})
    assert (moved["stageKey"], moved["lastStageChangeTimestamp"]) == ("5002", moved["lastUpdatedTimestamp"])
    sandbox.clock(advance=60)
    streak.post(f"v2/boxes/{box['key']}/comments", {"message": "hi"})
    commented = streak.get(path)
    assert commented["lastUpdatedTimestamp"] == moved["lastUpdatedTimestamp"]
    assert commented["lastSavedTimestamp"] > moved["lastSavedTimestamp"]
    assert streak.refused("POST", path, json={"stageKey": "5999"})[0] == 400


def test_a_moved_box_keeps_what_the_other_pipeline_knows_by_name(sandbox: Any, streak: Any) -> None:
    sandbox.reset("demo")
    streak.field("Account Tier", "DROPDOWN", "Bronze", "Gold")
    box = sandbox.snapshot()["streak"]["boxes"][0]
    streak.post(f"v2/boxes/{box['key']}/tasks", {"text": "call"})
    moved = streak.post(f"v1/boxes/{box['key']}", {"pipelineKey": streak.pipeline()})
    stage = streak.get(f"v2/pipelines/{streak.pipeline()}/stages/{moved['stageKey']}")
    assert (stage["name"], moved["fields"]) == ("In Fulfillment", {"1001": "9002"})
    assert streak.get(f"v2/boxes/{box['key']}/tasks")["results"][0]["pipelineKey"] == streak.pipeline()
    assert len(streak.get(f"v1/pipelines/{streak.pipeline('Key Accounts')}/boxes")) == 2


def test_batches_get_and_move(streak: Any) -> None:
    boxes = [streak.box(f"deal {number}")["key"] for number in range(3)]
    found = streak.post(f"v1/pipelines/{streak.pipeline()}/boxes/batch/", [boxes[2], "nix", boxes[0]])
    assert [box["key"] for box in found] == [boxes[2], boxes[0]]
    there = streak.pipeline("Key Accounts")
    rows = [{"key": key, "boxKey": key, "pipelineKey": there} for key in boxes[:2]]
    path = f"v2/pipelines/{streak.pipeline()}/boxes/batch"
    assert streak.refused("POST", path, json=[*rows, {"boxKey": "nix", "pipelineKey": there}])[0] == 400
    assert len(streak.get(f"v1/pipelines/{streak.pipeline()}/boxes")) == 3
    assert [box["pipelineKey"] for box in streak.post(path, rows)] == [there, there]
    assert len(streak.get(f"v1/pipelines/{there}/boxes")) == 2


def test_lists_are_newest_first_and_filtered_by_stage(sandbox: Any, streak: Any) -> None:
    for number in range(3):
        streak.box(f"deal {number}", stageKey=f"500{number % 2 + 1}")
        sandbox.clock(advance=1)
    path = f"v1/pipelines/{streak.pipeline()}/boxes"
    oldest = streak.get(path)[-1]
    streak.post(f"v1/boxes/{oldest['key']}", {"notes": "fresh"})
    assert [box["name"] for box in streak.get(path)] == ["deal 2", "deal 1", "deal 0"]
    names = [box["name"] for box in streak.get(path, sortBy="lastUpdatedTimestamp")]
    assert names == ["deal 0", "deal 2", "deal 1"]
    assert [box["name"] for box in streak.get(path, stageKey="5002")] == ["deal 1"]
    assert len(streak.get("v1/boxes")) == 3


def test_deleting_a_box_deletes_what_hangs_on_it(sandbox: Any, streak: Any) -> None:
    key = streak.box()["key"]
    task = streak.post(f"v2/boxes/{key}/tasks", {"text": "call"})["key"]
    assert streak.delete(f"v1/boxes/{key}") == {"success": True}
    assert streak.refused("GET", f"v1/boxes/{key}")[0] == 404
    assert streak.refused("GET", f"v2/tasks/{task}")[0] == 404
    assert sandbox.snapshot()["streak"]["tasks"] == []


def test_search_finds_exact_names_or_words(streak: Any) -> None:
    streak.field("Order ID", "TEXT_INPUT")
    box = streak.box("Acme deal", fields={"1001": "ord_77"})
    streak.box("Acme deal 2")
    streak.post(f"v2/teams/{streak.team}/contacts", {"emailAddresses": ["ada@acme.com"]})
    named = streak.get("v1/search", name="Acme deal")
    assert [hit["boxKey"] for hit in named["results"]["boxes"]] == [box["key"]]
    assert (named["query"], named["results"]["contacts"], "key" in named["results"]["boxes"][0]) == (None, [], False)
    found = streak.get("v1/search", query="acme")["results"]
    assert (len(found["boxes"]), len(found["contacts"]), found["orgs"]) == (2, 1, [])
    assert len(streak.get("v1/search", query="ORD_77")["results"]["boxes"]) == 1
    assert streak.get("v1/search", query="acme", pipelineKey=streak.pipeline("Key Accounts"))["results"]["boxes"] == []
    assert streak.get("v1/search", query="acme", teamKey=streak.team)["results"]["boxes"] == found["boxes"]
    assert streak.get("v1/search", query="acme", page=1)["results"]["boxes"] == []
    assert streak.refused("GET", "v1/search")[0] == 400
    assert streak.refused("GET", "v1/search?query=x&name=y")[0] == 400


def test_search_lags_behind_when_it_is_told_to(sandbox: Any, streak: Any) -> None:
    sandbox.faults([{"match": {"system": "streak"}, "do": "stale_search", "seconds": 60}])
    streak.box("Acme deal")
    assert streak.get("v1/search", name="Acme deal")["results"]["boxes"] == []
    sandbox.clock(advance=61)
    assert len(streak.get("v1/search", name="Acme deal")["results"]["boxes"]) == 1


def test_a_box_as_markdown(streak: Any) -> None:
    path = f"v1/boxes/{streak.box(notes='remember')['key']}/md"
    answer = streak.send("GET", path)
    assert (answer.status_code, "# Acme deal" in answer.text, "remember" in answer.text) == (200, True, True)
    assert streak.refused("GET", f"{path}?maxTokens=1")[0] == 400
