"""Contacts and organizations: by their list, and without it."""

from typing import Any

import pytest

START_SECONDS = 1_777_680_000


def test_contacts_are_asked_for_since_the_bookmark_in_seconds(runs: Any, crm: Any) -> None:
    crm.contacts(200)
    first = runs.sync("contacts")
    assert first.keys("contacts") == [f"contact-{number:04}" for number in range(1, 201)]
    assert first.state["bookmarks"]["contacts"]["replication_key_value"] == "2026-05-02T00:03:20.000Z"
    second = runs.sync("contacts", state=first.state)
    assert len(second.keys("contacts")) == 61
    assert f"after={START_SECONDS + 140}&" in crm.asked("/contacts")[-1]["query"]
    assert second.state == first.state


def test_a_full_last_page_is_followed_by_an_empty_one(runs: Any, crm: Any) -> None:
    crm.contacts(20)
    assert len(runs.sync("contacts", page_size=10).keys("contacts")) == 20
    assert len(crm.asked("/contacts")) == 3


def test_a_cursor_that_does_not_move_ends_the_run(server: Any) -> None:
    server.always["/api/v2/teams/T/contacts"] = {"results": [], "cursor": "same"}
    assert "the same cursor came twice" in server.runs.program().stderr


def test_what_changes_behind_the_reader_comes_in_the_next_run(runs: Any, crm: Any) -> None:
    crm.contacts(30)
    crm.call("POST", "/v2/contacts/contact-0030", json={"title": "new"})
    first = runs.sync("contacts", page_size=10)
    saved = next(row for row in crm.there("contacts") if row["key"] == "contact-0030")["lastSavedTimestamp"]
    # a contact of the first page may have changed while the last one was read
    crm.load("contacts", {**crm.there("contacts")[0], "title": "between", "lastSavedTimestamp": saved - 1})
    second = runs.sync("contacts", state=first.state, lookback_seconds=0)
    assert "between" in [row["title"] for row in second.records["contacts"]]


def test_organizations_are_listed_whole_and_emitted_where_they_changed(runs: Any, crm: Any) -> None:
    when = START_SECONDS * 1000
    made = [{"key": f"O{n}", "name": f"Firm {n}", "lastSavedTimestamp": when + n * 60_000} for n in range(9)]
    crm.load("organizations", *made)
    first = runs.sync("organizations")
    assert first.keys("organizations") == [f"O{n}" for n in range(9)]
    assert runs.sync("organizations", state=first.state).keys("organizations") == ["O7", "O8"]


def test_links_and_custom_fields_have_names(runs: Any, crm: Any) -> None:
    tier = {"name": "Tier", "type": "DROPDOWN", "dropdownSettings": {"items": [{"key": "9001", "name": "Gold"}]}}
    settings = {"fields": {"1001": tier}}
    crm.call("POST", f"/v2/teams/{crm.team}", json={"contactSettings": settings, "organizationSettings": settings})
    crm.load("organizations", {"key": "O", "domains": ["acme.example"], "fields": {"1001": "9001"}})
    crm.load("contacts", {"key": "C", "givenName": "Ada", "fields": {"1001": "9001"}, "orgLinks": [{"key": "O"}]})
    records = runs.sync("contacts", "organizations").records
    (contact,), (organization,) = records["contacts"], records["organizations"]
    assert (contact["fieldValues"], contact["organizationDomains"]) == ({"Tier": "Gold"}, ["acme.example"])
    assert (organization["fieldValues"], organization["fields"]) == ({"Tier": "Gold"}, {"1001": "9001"})
    assert crm.asked("batch/get") == []


@pytest.mark.parametrize("status", [400, 404])
def test_without_a_list_the_contacts_of_boxes_are_read(status: int, runs: Any, crm: Any, sandbox: Any) -> None:
    crm.contacts(130)
    crm.boxes(130)
    crm.load("boxes", *(crm.box(n, contacts=[{"key": f"contact-{n:04}"}]) for n in range(1, 126)))
    match = {"system": "streak", "path": "/teams/.*/(contacts|organizations)"}
    sandbox.faults([{"match": match, "do": "status", "status": status, "rate": 1}])
    first = runs.sync("contacts", "organizations", "boxes")
    assert first.keys("contacts") == [f"contact-{n:04}" for n in range(1, 126)]
    assert first.records["boxes"][0]["contactEmails"] == ["ada1@acme.example"]
    assert len(crm.asked("contacts/batch/get")) == 2
    assert len(runs.sync("contacts", state=first.state).keys("contacts")) == 61


def test_without_a_batch_contacts_are_read_one_by_one(runs: Any, crm: Any, sandbox: Any) -> None:
    crm.contacts(3)
    crm.boxes(1, contacts=[{"key": f"contact-{n:04}"} for n in range(1, 4)])
    sandbox.faults([{"match": {"system": "streak", "path": "batch/get"}, "do": "status", "status": 404, "rate": 1}])
    (box,) = runs.sync("boxes").records["boxes"]
    assert box["contactEmails"] == [f"ada{n}@acme.example" for n in range(1, 4)]


def test_users_of_a_team_that_does_not_list_them_are_its_members(runs: Any, crm: Any, sandbox: Any) -> None:
    listed = runs.sync("users").records["users"]
    sandbox.faults([{"match": {"system": "streak", "path": "/users$"}, "do": "status", "status": 400, "rate": 1}])
    members = runs.sync("users").records["users"]
    assert [row["email"] for row in members] == [row["email"] for row in listed]
    assert [row["key"] for row in members] == [row["key"] for row in listed]
    assert {row["teamKey"] for row in members} == {crm.team}


def test_pipelines_by_the_newer_list(runs: Any, crm: Any, sandbox: Any) -> None:
    sandbox.faults(
        [{"match": {"system": "streak", "path": "/v1/pipelines$"}, "do": "status", "status": 400, "rate": 1}]
    )
    output = runs.sync("pipelines", "stages")
    assert [row["name"] for row in output.records["pipelines"]] == ["Web Orders", "Key Accounts"]
    assert [(row["position"], row["name"]) for row in output.records["stages"][:2]] == [
        (1, "New Order"),
        (2, "In Fulfillment"),
    ]
