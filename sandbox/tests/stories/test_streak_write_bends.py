"""Switches for what the real Streak may do with a write: each keeps, ignores or refuses what it says, and no more."""

from __future__ import annotations

from typing import Any

import pytest

MAYA = "maya@sandbox-sales.example"


def party(streak: Any, stream: str = "contacts", **body: Any) -> Any:
    address = {"contacts": {"emailAddresses": ["a@b.example"]}, "organizations": {"domains": ["b.example"]}}[stream]
    return streak.post(f"v2/teams/{streak.team}/{stream}", address | body)


@pytest.mark.parametrize("when", ["create", "update"])
def test_fields_links_and_assignees_are_dropped_each_by_its_switch(streak: Any, when: str) -> None:
    streak.field("Size", "TEXT_INPUT")
    whole = {
        "fields": {"1001": "x"},
        "contacts": [{"key": party(streak)["key"]}],
        "assignedToSharingEntries": [{"email": MAYA}],
    }
    for switch, slot in zip(("fields", "links", "assignees"), whole, strict=True):
        streak.switch(**{"create_links": "kept", f"{when}_{switch}": "dropped"})
        box = streak.box(**whole) if when == "create" else streak.post(f"v1/boxes/{streak.box()['key']}", whole)
        assert not box.get(slot)
        assert all(box.get(other) for other in whole if other != slot)
        streak.switch(**{f"{when}_{switch}": "kept"})


def test_a_field_has_its_own_endpoint_and_that_has_a_switch(streak: Any) -> None:
    streak.field("Size", "TEXT_INPUT")
    path = f"v1/boxes/{streak.box()['key']}/fields/1001"
    assert streak.post(path, {"value": "x"})["value"] == "x"
    streak.switch(field_values="dropped")
    assert streak.post(path, {"value": "y"})["value"] == "x"


def test_new_contacts_and_companies_take_links_where_a_switch_says_so(streak: Any) -> None:
    company = party(streak, "organizations")["key"]
    links = [{"key": company}]
    assert party(streak, orgLinks=links)["orgLinks"] == []
    streak.switch(party_create_links="kept")
    assert [link["key"] for link in party(streak, orgLinks=links)["orgLinks"]] == [company]
    streak.switch(party_create_links="refused")
    body = {"emailAddresses": ["c@b.example"], "orgLinks": links}
    assert streak.refused("POST", f"v2/teams/{streak.team}/contacts", json=body)[0] == 400


@pytest.mark.parametrize("way", ["ignored", "refused"])
def test_nothing_can_be_cleared(streak: Any, way: str) -> None:
    streak.field("Size", "TEXT_INPUT")
    box, contact = streak.box(fields={"1001": "x"}), party(streak, title="CTO")
    streak.switch(clearing=way)
    for path, body in (
        (f"v1/boxes/{box['key']}", {"fields": {"1001": ""}}),
        (f"v1/boxes/{box['key']}/fields/1001", {"value": None}),
        (f"v2/contacts/{contact['key']}", {"title": ""}),
    ):
        assert streak.send("POST", path, json=body).status_code == (400 if way == "refused" else 200)
    assert streak.get(f"v1/boxes/{box['key']}")["fields"] == {"1001": "x"}
    assert streak.get(f"v2/contacts/{contact['key']}")["title"] == "CTO"


def test_options_are_replaced_though_only_added_and_may_come_back_with_their_keys(streak: Any) -> None:
    field = streak.field("Region", "DROPDOWN", "EU", "US")
    path = f"v1/pipelines/{streak.pipeline()}/fields/{field['key']}"
    streak.switch(add_only="ignored")
    more = streak.post(path, {"dropdownSettings": {"items": [{"name": "APAC"}]}}, addOnly="true")
    assert [item["name"] for item in more["dropdownSettings"]["items"]] == ["APAC"]
    whole = [*field["dropdownSettings"]["items"], *more["dropdownSettings"]["items"]]
    assert streak.post(path, {"dropdownSettings": {"items": whole}})["dropdownSettings"]["items"] == whole


def test_tasks_name_assignees_by_one_spelling_or_none(streak: Any) -> None:
    path, people = f"v2/boxes/{streak.box()['key']}/tasks", [{"email": MAYA}]
    for setting, spelling, kept in (
        ("only_assignedTo", "assignedToSharingEntries", False),
        ("only_assignedTo", "assignedTo", True),
        ("dropped", "assignedTo", False),
    ):
        streak.switch(task_assignees=setting)
        task = streak.post(path, {"text": "Call", spelling: people})
        assert (MAYA in {person["email"] for person in task["assignedTo"]}) is kept


def test_addresses_alone_with_get_if_existing(streak: Any) -> None:
    streak.switch(get_if_existing="address_only")
    path, body = f"v2/teams/{streak.team}/contacts?getIfExisting=true", {"emailAddresses": ["a@b.example"]}
    assert streak.refused("POST", path, json=body | {"givenName": "A"})[0] == 400
    assert streak.send("POST", path, json=body).status_code == 200


def test_a_plan_without_team_webhooks(streak: Any) -> None:
    streak.switch(team_webhooks="refused")
    assert streak.refused("GET", f"v2/teams/{streak.team}/webhooks")[0] == 403
    hook = {"event": "CONTACT_CREATE", "targetUrl": "https://x.example/"}
    assert streak.refused("POST", f"v2/webhooks?teamKey={streak.team}", json=hook)[0] == 403
    hook["event"] = "BOX_CREATE"
    assert streak.send("POST", f"v2/webhooks?pipelineKey={streak.pipeline()}", json=hook).status_code == 200


def test_ids_in_other_forms(streak: Any) -> None:
    field = streak.field("Region", "TAG", "EU")
    option = field["tagSettings"]["tags"][0]["key"]
    path = f"v1/boxes/{streak.box(fields={field['key']: [option]})['key']}"
    streak.switch(ids="numbers")
    box = streak.get(path)
    assert (box["stageKey"], box["fields"]) == (5001, {field["key"]: [int(option)]})
    streak.switch(ids="other_prefix")
    assert not streak.box()["key"].startswith("agxz")
