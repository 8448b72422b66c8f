"""Contacts and organizations."""

from __future__ import annotations

from typing import Any

import pytest


def contacts(streak: Any) -> str:
    return f"v2/teams/{streak.team}/contacts"


def organizations(streak: Any) -> str:
    return f"v2/teams/{streak.team}/organizations"


def test_a_contact_is_normalised(streak: Any) -> None:
    body = {
        "givenName": "Ada",
        "emailAddresses": [" Ada@ACME.com "],
        "phoneNumbers": ["1", None, "1", "2"],
        "fields": {"1001": "x"},
        "orgLinks": [{"key": "nix"}],
    }
    contact = streak.post(contacts(streak), body)
    assert contact["emailAddresses"] == ["ada@acme.com"]
    assert contact["normalizedDomains"] == ["acme.com"]
    assert (contact["phoneNumbers"], contact["fields"], contact["orgLinks"]) == (["1", "2"], {}, [])


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, {"error": "Insufficient params for TeamContact"}),
        ({"title": "CTO"}, {"error": "Need to specify at least a name or email address"}),
        (
            {"emailAddresses": ["a@b.c", "a@b.c"]},
            {"error": "Contacts can't have duplicate emails: a@b.c", "errorCode": 801},
        ),
        ({"emailAddresses": "a@b.c"}, {"error": "emailAddresses must be an array of strings"}),
    ],
)
def test_contacts_that_streak_refuses(streak: Any, body: Any, refusal: Any) -> None:
    assert streak.refused("POST", contacts(streak), json=body) == (400, {"success": False, **refusal})


def test_an_existing_contact_comes_back_unchanged(streak: Any) -> None:
    first = streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"]}, getIfExisting="true")
    again = streak.post(contacts(streak), {"emailAddresses": ["ADA@acme.com"], "title": "CTO"}, getIfExisting="true")
    assert again == first
    assert streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"]})["key"] != first["key"]


def test_the_same_email_may_be_refused(streak: Any) -> None:
    streak.switch(same_email="reject")
    body = {"emailAddresses": ["ada@acme.com"]}
    streak.post(contacts(streak), body)
    assert streak.refused("POST", contacts(streak), json=body)[1]["errorCode"] == 801
    other = streak.post(contacts(streak), {"emailAddresses": ["bob@acme.com"]})
    assert streak.refused("POST", f"v2/contacts/{other['key']}", json=body)[1]["errorCode"] == 801


def test_updates_keep_what_is_not_sent(streak: Any) -> None:
    fields = {"1001": {"name": "Tier", "type": "DROPDOWN", "dropdownSettings": {"items": [{"name": "Gold"}]}}}
    team = streak.post(f"v2/teams/{streak.team}", {"contactSettings": {"fields": fields}})
    assert team["contactSettings"]["fields"]["1001"]["dropdownSettings"]["items"] == [{"key": "9001", "name": "Gold"}]
    firm = streak.post(organizations(streak), {"name": "Acme"})
    key = streak.post(contacts(streak), {"givenName": "Ada", "title": "CTO", "emailAddresses": ["ada@acme.com"]})["key"]
    path = f"v2/contacts/{key}"
    changed = streak.post(
        path, {"title": "", "other": None, "fields": {"1001": "9001"}, "orgLinks": [{"key": firm["key"]}]}
    )
    assert (changed["title"], changed["givenName"], changed["fields"]) == ("", "Ada", {"1001": "9001"})
    assert [link["key"] for link in changed["orgLinks"]] == [firm["key"]]
    assert streak.post(path, {"emailAddresses": []})["normalizedDomains"] == []
    assert streak.refused("POST", path, json={"givenName": ""})[0] == 400
    assert streak.refused("POST", path, json={"fields": {"1001": "Gold"}})[0] == 400
    assert streak.refused("POST", path, json={"orgLinks": [{"key": "nix"}]})[0] == 400
    assert streak.get(path)["givenName"] == "Ada"


def test_a_contact_is_known_by_its_new_email_only(streak: Any) -> None:
    key = streak.post(contacts(streak), {"emailAddresses": ["old@acme.com"]})["key"]
    streak.post(f"v2/contacts/{key}", {"emailAddresses": ["new@acme.com"]})
    assert streak.post(contacts(streak), {"emailAddresses": ["new@acme.com"]}, getIfExisting="true")["key"] == key
    assert streak.post(contacts(streak), {"emailAddresses": ["old@acme.com"]}, getIfExisting="true")["key"] != key


def test_contacts_saved_since_a_second(sandbox: Any, streak: Any) -> None:
    sandbox.clock(set="2026-03-10T00:00:00Z")
    old = streak.post(contacts(streak), {"givenName": "Old"})
    sandbox.clock(set="2026-03-11T00:00:00Z")
    new = streak.post(contacts(streak), {"givenName": "New"})
    assert len(streak.get(contacts(streak))["results"]) == 2
    assert [found["key"] for found in streak.get(contacts(streak), after=1773187200)["results"]] == [new["key"]]
    streak.post(f"v2/contacts/{old['key']}", {"title": "x"})
    assert len(streak.get(contacts(streak), after=1773187200)["results"]) == 2


def test_batches_leave_out_what_is_missing(streak: Any) -> None:
    contact = streak.post(contacts(streak), {"givenName": "Ada"})
    firm = streak.post(organizations(streak), {"name": "Acme"})
    assert streak.post("v2/contacts/batch/get", [contact["key"], "nix"]) == {contact["key"]: contact}
    assert streak.post("v2/organizations/batch/get", [firm["key"]]) == {firm["key"]: firm}


def test_deleting_takes_the_links_along(streak: Any) -> None:
    firm = streak.post(organizations(streak), {"name": "Acme"})["key"]
    contact = streak.post(contacts(streak), {"givenName": "Ada"})["key"]
    streak.post(f"v2/contacts/{contact}", {"orgLinks": [{"key": firm}]})
    box = streak.box()["key"]
    linked = streak.post(f"v1/boxes/{box}", {"contacts": [{"key": contact}], "organizations": [{"key": firm}]})
    assert (len(linked["contacts"]), len(linked["organizations"])) == (1, 1)
    assert streak.delete(f"v2/organizations/{firm}") == {"success": True}
    assert streak.get(f"v2/contacts/{contact}")["orgLinks"] == []
    assert streak.delete(f"v2/contacts/{contact}") == {"success": True}
    assert {"contacts", "organizations"}.isdisjoint(streak.get(f"v1/boxes/{box}"))
    assert streak.refused("DELETE", f"v2/contacts/{contact}")[0] == 404


def test_an_organization_is_known_by_its_domain(streak: Any) -> None:
    body = {"name": "Acme", "domains": ["https://www.Acme.com/shop"], "employeeCount": "11-50", "logoUrl": "ignored"}
    firm = streak.post(organizations(streak), body)
    assert (firm["normalizedDomains"], firm["employeeCount"], firm["logoURL"]) == (["acme.com"], "11-50", None)
    same = streak.post(organizations(streak), {"name": "Other", "domains": ["ACME.com"]}, getIfExisting="true")
    assert same == firm
    assert streak.refused("POST", organizations(streak), json={"domains": ["a.com", "www.a.com"]})[0] == 400
    assert streak.refused("POST", organizations(streak), json={"industry": "x"})[0] == 400
    path = f"v2/organizations/{firm['key']}"
    assert streak.post(path, {"domains": ["acme.org"], "addresses": ["1 Main St"]})["normalizedDomains"] == ["acme.org"]
    assert streak.refused("POST", path, json={"name": "", "domains": []})[0] == 400
    assert [found["key"] for found in streak.get(organizations(streak))["results"]] == [firm["key"]]


def test_magic_links_only_when_switched_on(streak: Any) -> None:
    firm = streak.post(organizations(streak), {"domains": ["acme.com"]})["key"]
    assert streak.post(contacts(streak), {"emailAddresses": ["a@acme.com"]})["orgLinks"] == []
    streak.switch(magic_links=True)
    (link,) = streak.post(contacts(streak), {"emailAddresses": ["b@acme.com"]})["orgLinks"]
    assert (link["key"], link["isMagicLinked"]) == (firm, True)


def test_a_rep_merges_two_contacts(streak: Any, sandbox: Any) -> None:
    gone = streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"], "title": "CTO", "phoneNumbers": ["1"]})
    kept = streak.post(contacts(streak), {"emailAddresses": ["bob@acme.com"], "phoneNumbers": ["2"]})
    firm = streak.post(organizations(streak), {"name": "Acme"})
    streak.post(f"v2/organizations/{firm['key']}", {"contactLinks": [{"key": gone["key"]}, {"key": kept["key"]}]})
    streak.post(f"v2/contacts/{gone['key']}", {"orgLinks": [{"key": firm["key"]}]})
    sandbox.merge("contacts", gone["key"], kept["key"])
    survivor = streak.get(f"v2/contacts/{kept['key']}")
    assert (survivor["emailAddresses"], survivor["phoneNumbers"]) == (["bob@acme.com", "ada@acme.com"], ["2", "1"])
    assert (survivor["title"], [link["key"] for link in survivor["orgLinks"]]) == ("CTO", [firm["key"]])
    assert [link["key"] for link in streak.get(f"v2/organizations/{firm['key']}")["contactLinks"]] == [kept["key"]]
    assert streak.refused("GET", f"v2/contacts/{gone['key']}")[0] == 404
    found = streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"]}, getIfExisting="true")
    assert found["key"] == kept["key"]
    with pytest.raises(ValueError, match="two contacts or two organizations"):
        sandbox.merge("contacts", gone["key"], kept["key"])


@pytest.mark.parametrize(
    ("dead_links", "outcome"),
    [(400, 400), (404, 404), ("other words", 400), ("dropped", []), ("kept", ["gone"])],
)
def test_what_a_link_to_somebody_who_is_gone_gets(streak: Any, dead_links: Any, outcome: Any) -> None:
    streak.switch(dead_links=dead_links)
    ada = streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"]})["key"]
    body = {"orgLinks": [{"key": "gone"}]}
    if isinstance(outcome, int):
        assert streak.refused("POST", f"v2/contacts/{ada}", json=body)[0] == outcome
    else:
        assert [link["key"] for link in streak.post(f"v2/contacts/{ada}", body)["orgLinks"]] == outcome


@pytest.mark.parametrize(("links", "left"), [("removed", 0), ("left", 1)])
def test_links_of_who_is_deleted_go_too_or_are_left(streak: Any, links: str, left: int) -> None:
    streak.switch(links_of_deleted=links)
    firm = streak.post(organizations(streak), {"name": "Acme"})["key"]
    ada = streak.post(contacts(streak), {"emailAddresses": ["ada@acme.com"]})["key"]
    streak.post(f"v2/contacts/{ada}", {"orgLinks": [{"key": firm}]})
    streak.delete(f"v2/organizations/{firm}")
    assert len(streak.get(f"v2/contacts/{ada}")["orgLinks"]) == left
