"""Contacts and organizations that a rep merged, split or deleted: a dead key costs only its link, people are found.

After each of it comes a new order; two runs later nothing is left to do. A long module, because whatever can happen to
a contact is told together with what becomes of its links.
"""

from __future__ import annotations

import json
import time
from threading import Thread
from typing import Any

import pytest

LATER = "2026-03-03T12:00:00Z"
LATEST = "2026-03-04T12:00:00Z"
REFUSED = [400, 404, "other words", "dropped"]
ADA, BOB = "ada@acme.example", "bob@acme.example"
WHO = {"contactExternalIds": ["C1"]}


def person_makes(shop: Any, stream: str, **values: Any) -> dict[str, Any]:
    team = shop.stored("teams")[0]["key"]
    made: dict[str, Any] = shop.person("POST", f"/v2/teams/{team}/{stream}", values)
    return made


def delete(shop: Any, stream: str, key: str) -> None:
    shop.person("DELETE", f"/v2/{stream}/{key}")


def box(shop: Any, number: int) -> dict[str, Any]:
    return next(row for row in shop.stored("boxes") if row["name"] == f"Order {100000 + number}")


def linked(shop: Any, number: int, stream: str = "contacts") -> list[str]:
    return [link["key"] for link in box(shop, number).get(stream, [])]


def contact_with(shop: Any, email: str) -> dict[str, Any]:
    (contact,) = [row for row in shop.stored("contacts") if email in row["emailAddresses"]]
    return contact  # type: ignore[no-any-return]


def is_settled(shop: Any, *records: Any) -> bool:
    """Whether the records, sent again and again, leave nothing to do and nothing aside."""
    shop.run(*records)
    before = shop.sandbox.snapshot()["streak"]
    again: list[str] = shop.run(*records).writes
    return again == [] and shop.sandbox.snapshot()["streak"] == before and shop.letters() == []


# contacts that were merged


@pytest.mark.parametrize("dead_links", REFUSED)
def test_a_new_order_of_a_merged_contact_links_the_survivor_which_is_kept_in_step(shop: Any, dead_links: Any) -> None:
    shop.sandbox.streak(dead_links=dead_links)
    shop.run(shop.contact(), shop.box(1, **WHO), shop.task(1), shop.comment(1))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", shop.stored("contacts")[0]["key"], typed["key"])
    ran = shop.run(shop.contact(), shop.box(1, **WHO), shop.box(2, **WHO))
    assert ran.counts["streams"] == {"boxes": {"created": 1, "unchanged": 1}, "contacts": {"unchanged": 1}}
    assert (linked(shop, 1), linked(shop, 2)) == ([typed["key"]], [typed["key"]])
    assert len([call for call in ran.calls if "/contacts" in call]) <= 4
    shop.run(shop.contact(title="CTO", at=LATER))
    survivor = shop.only("contacts")
    assert (survivor["givenName"], survivor["title"], survivor["emailAddresses"]) == ("Countess", "CTO", [BOB, ADA])
    assert (len(shop.stored("tasks")), len(shop.stored("comments"))) == (1, 1)
    assert is_settled(shop, shop.contact(title="CTO", at=LATER), shop.box(1, **WHO), shop.box(2, **WHO))


def test_a_dead_link_that_streak_keeps_leaves_no_letter_and_the_next_order_goes_to_the_survivor(shop: Any) -> None:
    shop.sandbox.streak(dead_links="kept")
    shop.run(shop.contact(), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    shop.run(shop.box(2, **WHO))
    assert shop.letters() == []
    changed = shop.contact(title="CTO", at=LATER)
    shop.run(changed, shop.box(2, **WHO))
    shop.run(shop.box(3, **WHO))
    assert (linked(shop, 3), shop.only("contacts")["title"]) == ([typed["key"]], "CTO")
    assert is_settled(shop, changed, *(shop.box(number, **WHO) for number in (1, 2, 3)))


def test_a_merge_is_found_by_the_customers_own_change(shop: Any) -> None:
    shop.run(shop.contact(phoneNumbers=["+1 555 0100"]), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    changed = shop.contact(title="CTO", phoneNumbers=["+1 555 0100"], at=LATER)
    ran = shop.run(changed)
    assert ran.counts["streams"] == {"contacts": {"updated": 1}}
    survivor = shop.only("contacts")
    assert (survivor["key"], survivor["givenName"], survivor["familyName"]) == (typed["key"], "Countess", "Lovelace")
    assert (survivor["title"], survivor["phoneNumbers"]) == ("CTO", ["+1 555 0100"])
    assert is_settled(shop, changed, shop.box(1, **WHO))


@pytest.mark.parametrize("dead_links", REFUSED)
def test_whom_only_an_address_named_is_found_by_it(shop: Any, dead_links: Any) -> None:
    shop.sandbox.streak(dead_links=dead_links)
    shop.run(shop.box(1, contactEmails=[ADA]))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    shop.run(shop.box(2, contactEmails=[ADA]))
    assert linked(shop, 2) == [typed["key"]]
    delete(shop, "contacts", typed["key"])
    orders = [shop.box(number, contactEmails=[ADA]) for number in (1, 2, 3)]
    shop.run(*orders)
    assert linked(shop, 3) == [shop.only("contacts")["key"]]
    assert shop.only("contacts")["emailAddresses"] == [ADA]
    assert is_settled(shop, *orders)


def test_two_of_our_customers_on_one_survivor_do_not_fight(shop: Any) -> None:
    shop.sync["contacts"] = {name: {"shared": True, "owner": "source", "of": name} for name in ("givenName", "title")}
    ada = shop.contact("C1", title="CTO", phoneNumbers=["+1 555 0100"])
    bob = shop.contact("C2", givenName="Bob", familyName="B", title="CEO", emailAddresses=[BOB])
    shop.run(ada, bob, shop.box(1, contactExternalIds=["C1"]), shop.box(2, contactExternalIds=["C2"]))
    survivor = contact_with(shop, BOB)["key"]
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], survivor)
    orders = [shop.box(number, contactExternalIds=[f"C{1 + number % 2}"]) for number in range(1, 7)]
    shop.run(ada, bob, *orders, shop.box(7, contactExternalIds=["C1", "C2"]))
    assert {key for number in range(1, 8) for key in linked(shop, number)} == {survivor}
    assert len(linked(shop, 7)) == 1
    assert (shop.only("contacts")["givenName"], shop.only("contacts")["title"]) == ("Bob", "CEO")
    assert is_settled(shop, ada, bob, *orders)
    newer = shop.contact("C1", title="CFO", phoneNumbers=["+1 555 0100"], at=LATER)
    shop.run(newer, bob)
    assert shop.only("contacts")["title"] == "CFO"
    assert is_settled(shop, newer, bob, *orders)
    newest = shop.contact("C2", givenName="Robert", familyName="B", title="CEO", emailAddresses=[BOB], at=LATEST)
    shop.run(newer, newest)
    assert (shop.only("contacts")["givenName"], shop.only("contacts")["title"]) == ("Robert", "CFO")
    assert is_settled(shop, newer, newest, *orders)


def test_a_survivor_without_the_address_is_left_alone_and_the_customer_made_again(shop: Any) -> None:
    shop.run(shop.contact(title="CTO"), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    shop.person("POST", f"/v2/contacts/{typed['key']}", {"emailAddresses": [BOB]})
    left = contact_with(shop, BOB)
    shop.run(shop.box(2, **WHO))
    again = contact_with(shop, ADA)
    assert (linked(shop, 2), again["givenName"], again["title"]) == ([again["key"]], "Ada", "CTO")
    assert contact_with(shop, BOB) == left
    assert is_settled(shop, shop.contact(title="CTO"), shop.box(1, **WHO), shop.box(2, **WHO))


# contacts that were deleted


@pytest.mark.parametrize("dead_links", REFUSED)
def test_a_new_order_makes_a_deleted_customer_again_with_all_that_is_known(shop: Any, dead_links: Any) -> None:
    shop.sandbox.streak(dead_links=dead_links)
    values = {"title": "CTO", "phoneNumbers": ["+1 555 0100"], "addresses": ["1 Main St"]}
    order = shop.contact(flow="order-contact", phoneNumbers=["+1 555 0199"])
    shop.run(order, shop.contact(**values), shop.box(1, **WHO))
    delete(shop, "contacts", shop.only("contacts")["key"])
    ran = shop.run(shop.contact(**values), shop.box(2, **WHO))
    assert ran.counts["streams"]["boxes"] == {"created": 1}
    again = shop.only("contacts")
    assert (linked(shop, 2), linked(shop, 1)) == ([again["key"]], [])
    assert (again["givenName"], again["title"], again["addresses"]) == ("Ada", "CTO", ["1 Main St"])
    assert sorted(again["phoneNumbers"]) == ["+1 555 0100", "+1 555 0199"]
    assert is_settled(shop, order, shop.contact(**values), shop.box(1, **WHO), shop.box(2, **WHO))


def test_a_deleted_contact_is_not_made_again_by_its_own_record_and_that_is_said_once(shop: Any) -> None:
    shop.run(shop.contact(), shop.box(1, **WHO))
    delete(shop, "contacts", shop.only("contacts")["key"])
    changed = shop.contact(title="CTO", at=LATER)
    first = shop.run(changed)
    assert first.counts["streams"] == {"contacts": {"detached": 1}}
    assert "C1 was deleted at the destination by a person" in first.log
    again = shop.run(changed)
    assert (shop.stored("contacts"), again.calls, "was deleted" in again.log) == ([], [], False)
    third = shop.run(shop.contact(title="CEO", at=LATEST))
    assert (shop.stored("contacts"), third.writes, "was deleted" in third.log) == ([], [], False)
    shop.run(shop.box(1, stageName="Shipped", at=LATER, **WHO))
    assert shop.stored("contacts") == []
    shop.run(shop.box(2, **WHO))
    assert (linked(shop, 2), shop.only("contacts")["title"]) == ([shop.only("contacts")["key"]], "CEO")
    assert is_settled(shop, shop.contact(title="CEO", at=LATEST), shop.box(2, **WHO))


def test_a_deleted_contact_whom_a_person_made_anew_is_found_by_its_next_change(shop: Any) -> None:
    shop.run(shop.contact())
    delete(shop, "contacts", shop.only("contacts")["key"])
    shop.run(shop.contact(title="CTO", at=LATER))
    person_makes(shop, "contacts", givenName="Countess", emailAddresses=[ADA])
    newest = shop.contact(title="CEO", at=LATEST)
    shop.run(newest)
    assert (shop.only("contacts")["givenName"], shop.only("contacts")["title"]) == ("Countess", "CEO")
    assert is_settled(shop, newest)


def test_whose_address_changed_in_the_shop_meanwhile_is_found_by_the_new_one(shop: Any) -> None:
    shop.run(shop.contact())
    delete(shop, "contacts", shop.only("contacts")["key"])
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=["new@acme.example"])
    changed = shop.contact(emailAddresses=["new@acme.example"], title="CTO", at=LATER)
    shop.run(changed, shop.box(1, **WHO))
    assert (shop.only("contacts")["key"], shop.only("contacts")["title"]) == (typed["key"], "CTO")
    assert linked(shop, 1) == [typed["key"]]
    assert is_settled(shop, changed, shop.box(1, **WHO))


def test_a_person_without_an_address_is_made_again_by_name(shop: Any) -> None:
    shop.settings["contact_without_email"] = "create"
    nameless = shop.contact(emailAddresses=[])
    shop.run(nameless, shop.box(1, **WHO))
    delete(shop, "contacts", shop.only("contacts")["key"])
    shop.run(nameless, shop.box(2, **WHO))
    assert (linked(shop, 2), shop.only("contacts")["familyName"]) == ([shop.only("contacts")["key"]], "Lovelace")
    assert is_settled(shop, nameless, shop.box(1, **WHO), shop.box(2, **WHO))


def test_links_of_an_order_that_change_make_its_customer_again(shop: Any) -> None:
    shop.run(shop.contact(), shop.contact("C2", emailAddresses=[BOB]), shop.box(1, **WHO))
    delete(shop, "contacts", contact_with(shop, BOB)["key"])
    both = shop.box(1, contactExternalIds=["C1", "C2"], at=LATER)
    shop.run(both)
    assert set(linked(shop, 1)) == {contact_with(shop, ADA)["key"], contact_with(shop, BOB)["key"]}
    assert is_settled(shop, both)


def test_a_customer_who_can_not_be_made_again_does_not_stop_the_order(shop: Any) -> None:
    shop.run(shop.contact(), shop.contact("C2", emailAddresses=[BOB]))
    delete(shop, "contacts", contact_with(shop, ADA)["key"])
    refusal = {"do": "status", "status": 400, "body": {"success": False, "error": "Not such a contact"}}
    shop.sandbox.faults([{"match": {"method": "POST", "path": ".*/teams/.*/contacts"}, **refusal}])
    ran = shop.run(shop.box(1, contactExternalIds=["C1", "C2"]))
    assert ran.counts["streams"] == {"boxes": {"created": 1}}
    assert (linked(shop, 1), shop.letters()) == ([contact_with(shop, BOB)["key"]], [])


# contacts that were split


@pytest.mark.parametrize("same_email", ["create", "reject"])
def test_a_split_contact_is_followed_to_its_address_and_gets_no_address_of_the_other(
    shop: Any, same_email: str
) -> None:
    shop.sandbox.streak(same_email=same_email)
    both = shop.contact(emailAddresses=[ADA, BOB], phoneNumbers=["+1 555 0100"])
    shop.run(both, shop.box(1, contactEmails=[BOB]), shop.box(2, **WHO))
    delete(shop, "contacts", shop.only("contacts")["key"])
    ada = person_makes(shop, "contacts", givenName="Ada", emailAddresses=[ADA])["key"]
    bob = person_makes(shop, "contacts", givenName="Bob", emailAddresses=[BOB])["key"]
    orders = [shop.box(3, contactEmails=[BOB]), shop.box(4, **WHO)]
    shop.run(*orders)
    assert (linked(shop, 3), linked(shop, 4)) == ([bob], [ada])
    assert [contact_with(shop, email)["emailAddresses"] for email in (ADA, BOB)] == [[ADA], [BOB]]
    assert contact_with(shop, ADA)["phoneNumbers"] == ["+1 555 0100"]
    assert is_settled(shop, both, *orders)


def test_two_customers_of_a_shared_contact_go_each_to_their_own(shop: Any) -> None:
    ada, bob = shop.contact("C1"), shop.contact("C2", emailAddresses=[ADA, BOB], givenName="Bob")
    shop.run(ada, bob)
    delete(shop, "contacts", shop.only("contacts")["key"])
    keys = [
        person_makes(shop, "contacts", givenName=name, emailAddresses=[f"{name}@acme.example"])["key"]
        for name in ("ada", "bob")
    ]
    moved = shop.contact("C2", emailAddresses=[BOB], givenName="Bob", at=LATER)
    shop.run(shop.box(1, contactEmails=[BOB]), shop.box(2, contactExternalIds=["C1"]))
    assert (linked(shop, 1), linked(shop, 2)) == ([keys[1]], [keys[0]])
    assert is_settled(shop, ada, moved, shop.box(1, contactEmails=[BOB]), shop.box(2, contactExternalIds=["C1"]))


# organizations


@pytest.mark.parametrize("dead_links", REFUSED)
def test_a_merged_company_is_found_by_its_domain_for_orders_and_for_people(shop: Any, dead_links: Any) -> None:
    shop.sandbox.streak(dead_links=dead_links)
    company = {"organizationExternalIds": ["K1"]}
    shop.run(shop.organization(), shop.contact(**company), shop.box(1, **company, **WHO))
    typed = person_makes(shop, "organizations", name="ACME Holding", domains=["holding.example"])
    shop.sandbox.merge("organizations", shop.stored("organizations")[0]["key"], typed["key"])
    bob = shop.contact("C2", emailAddresses=[BOB], **company)
    shop.run(bob, shop.box(2, **company, **WHO))
    assert (linked(shop, 1, "organizations"), linked(shop, 2, "organizations")) == ([typed["key"]], [typed["key"]])
    assert [link["key"] for link in contact_with(shop, BOB)["orgLinks"]] == [typed["key"]]
    assert shop.only("organizations")["name"] == "ACME Holding"
    shop.run(shop.organization(industry="Tools", at=LATER))
    assert shop.only("organizations")["industry"] == "Tools"
    assert is_settled(shop, shop.organization(industry="Tools", at=LATER), bob, shop.box(2, **company, **WHO))


@pytest.mark.parametrize("domains", [["acme.example"], []])
def test_a_deleted_company_is_made_again_by_a_new_order_and_not_by_a_contact(shop: Any, domains: list[str]) -> None:
    company = {"organizationExternalIds": ["K1"]}
    shop.run(shop.organization(domains=domains, industry="Tools"), shop.contact(**company), shop.box(1, **company))
    delete(shop, "organizations", shop.only("organizations")["key"])
    bob = shop.contact("C2", emailAddresses=[BOB], **company)
    ran = shop.run(bob)
    assert (ran.counts["streams"], shop.stored("organizations")) == ({"contacts": {"created": 1}}, [])
    shop.run(shop.box(2, **company, **WHO))
    again = shop.only("organizations")
    assert (linked(shop, 2, "organizations"), again["name"], again["industry"]) == ([again["key"]], "Acme", "Tools")
    assert is_settled(shop, shop.organization(domains=domains, industry="Tools"), bob, shop.box(2, **company, **WHO))


def test_person_and_company_are_gone_at_once(shop: Any) -> None:
    order = {"organizationExternalIds": ["K1"], **WHO}
    people = [shop.organization(), shop.contact(organizationExternalIds=["K1"])]
    shop.run(*people, shop.box(1, **order))
    delete(shop, "contacts", shop.only("contacts")["key"])
    delete(shop, "organizations", shop.only("organizations")["key"])
    shop.run(*people, shop.box(2, **order))
    contact, company = shop.only("contacts"), shop.only("organizations")
    assert (linked(shop, 2), linked(shop, 2, "organizations")) == ([contact["key"]], [company["key"]])
    assert [link["key"] for link in contact["orgLinks"]] == [company["key"]]
    assert is_settled(shop, *people, shop.box(1, **order), shop.box(2, **order))


# what else can be dead, and how little is asked


@pytest.mark.parametrize("dead_links", [400, 404, "other words", "dropped"])
def test_what_people_linked_and_deleted_does_not_keep_our_link_away(shop: Any, dead_links: Any) -> None:
    shop.run(shop.contact(), shop.contact("C2", emailAddresses=[BOB]), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Typed", emailAddresses=["t@p.example"])["key"]
    links = [*box(shop, 1)["contacts"], {"key": typed}]
    shop.person("POST", f"/v1/boxes/{box(shop, 1)['key']}", {"contacts": links})
    shop.sandbox.streak(dead_links=dead_links, links_of_deleted="left")
    delete(shop, "contacts", typed)
    both = shop.box(1, contactExternalIds=["C1", "C2"], at=LATER)
    shop.run(both)
    assert linked(shop, 1) == [contact_with(shop, ADA)["key"], contact_with(shop, BOB)["key"]]
    assert len(shop.stored("contacts")) == 2
    assert is_settled(shop, both)


@pytest.mark.parametrize("status", [400, 404])
def test_a_server_without_batches_is_asked_one_by_one(shop: Any, status: int) -> None:
    shop.run(shop.contact(), shop.contact("C2", emailAddresses=[BOB]))
    delete(shop, "contacts", contact_with(shop, ADA)["key"])
    body = {"success": False, "error": "Invalid API path specified"}
    shop.sandbox.faults([{"match": {"path": ".*/batch/get"}, "do": "status", "status": status, "body": body}])
    orders = [shop.box(number, contactExternalIds=["C1", "C2"]) for number in (1, 2)]
    ran = shop.run(*orders)
    assert len([call for call in ran.calls if call.endswith("/batch/get")]) <= 2
    assert all(len(linked(shop, number)) == 2 for number in (1, 2))
    assert is_settled(shop, *orders)


def test_a_server_without_lists_still_links_the_order(shop: Any) -> None:
    shop.run(shop.contact(), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    body = {"success": False, "error": "Invalid API path specified"}
    shop.sandbox.faults(
        [{"match": {"method": "GET", "path": ".*/contacts$"}, "do": "status", "status": 400, "body": body}]
    )
    shop.run(shop.box(2, **WHO))
    assert (linked(shop, 2), len(shop.stored("contacts"))) == ([typed["key"]], 1)


def test_a_contact_that_is_deleted_while_its_box_is_written_costs_nothing_else(shop: Any) -> None:
    shop.run(shop.contact())
    shop.sandbox.faults([{"match": {"method": "POST", "path": "/v1/boxes/"}, "times": 1, "do": "latency", "ms": 3000}])

    def delete_when_the_box_is_there() -> None:
        while not shop.stored("boxes"):
            time.sleep(0.02)
        delete(shop, "contacts", shop.only("contacts")["key"])

    rep = Thread(target=delete_when_the_box_is_there)
    rep.start()
    shop.run(shop.box(1, **WHO))
    rep.join()
    assert linked(shop, 1) == [shop.only("contacts")["key"]]
    assert shop.only("contacts")["givenName"] == "Ada"
    assert is_settled(shop, shop.contact(), shop.box(1, **WHO))


def test_a_deleted_box_stays_deleted_whoever_else_is_gone(shop: Any) -> None:
    shop.run(shop.contact(), shop.box(1, **WHO), shop.task(1))
    delete(shop, "contacts", shop.only("contacts")["key"])
    shop.person("DELETE", f"/v1/boxes/{box(shop, 1)['key']}")
    moved = shop.box(1, contactExternalIds=["C1"], contactEmails=["new@acme.example"], stageName="Won", at=LATER)
    ran = shop.run(moved, shop.comment(1))
    assert (shop.stored("boxes"), ran.counts["streams"]["boxes"]) == ([], {"detached": 1})
    assert is_settled(shop, moved, shop.comment(1))


def test_letters_that_an_earlier_version_kept_heal_without_their_record(shop: Any) -> None:
    shop.run(shop.contact(), shop.box(1, **WHO))
    body = {"success": False, "error": "Illegal Argument Exception in GetEntities, usually a key issue"}
    shop.sandbox.faults(
        [{"match": {"method": "POST", "path": "/v1/boxes/"}, "do": "status", "status": 400, "body": body}]
    )
    shop.run(shop.box(2, **WHO), shop.box(1, contactEmails=[BOB], at=LATER, **WHO))
    assert [letter.code for letter in shop.letters()] == ["400", "400"]
    shop.sandbox.faults([])
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=["c@acme.example"])
    shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed["key"])
    shop.run(shop.box(3))
    assert shop.letters() == []
    assert linked(shop, 2) == [typed["key"]]
    assert set(linked(shop, 1)) == {typed["key"], contact_with(shop, BOB)["key"]}
    assert is_settled(shop, shop.box(2, **WHO), shop.box(3))


def test_a_letter_of_another_reason_is_left_to_its_record(shop: Any) -> None:
    shop.run(shop.contact())
    body = {"success": False, "error": "Unknown stage key"}
    shop.sandbox.faults(
        [{"match": {"method": "POST", "path": "/v1/boxes/"}, "times": 1, "do": "status", "status": 400, "body": body}]
    )
    shop.run(shop.box(2, **WHO))
    ran = shop.run(shop.box(3))
    assert [letter.attempts for letter in shop.letters()] == [1]
    assert ran.counts["tried_again"] == {}


# a dry run


@pytest.mark.parametrize("how", ["merged", "deleted"])
def test_a_dry_run_shows_the_same_and_writes_nothing(shop: Any, tmp_path: Any, how: str) -> None:
    shop.run(shop.contact(title="CTO"), shop.organization(), shop.box(1, **WHO))
    typed = person_makes(shop, "contacts", givenName="Countess", emailAddresses=[BOB])["key"]
    if how == "merged":
        shop.sandbox.merge("contacts", contact_with(shop, ADA)["key"], typed)
    else:
        delete(shop, "contacts", contact_with(shop, ADA)["key"])
    delete(shop, "organizations", shop.only("organizations")["key"])
    before, ledger = shop.sandbox.snapshot(), (tmp_path / "ledger.db").read_bytes()
    plan = tmp_path / "plan.jsonl"
    records = [
        shop.organization(industry="Tools", at=LATER),
        shop.contact(title="CEO", at=LATER),
        shop.box(2, organizationExternalIds=["K1"], **WHO),
        shop.box(3, **WHO),
    ]
    ran = shop.run(*records, dry_run=True, dry_run_file=str(plan))
    assert (shop.sandbox.snapshot(), (tmp_path / "ledger.db").read_bytes(), ran.writes) == (before, ledger, [])
    assert ran.counts["streams"]["boxes"] == {"created": 2}
    planned = [json.loads(line) for line in plan.read_text().splitlines()]
    linked_keys = [link["key"] for row in planned for link in (row["body"] or {}).get("contacts", ())]
    made = [row for row in planned if row["path"].endswith("/contacts")]
    assert len(linked_keys) == 2
    assert set(linked_keys) == ({typed} if how == "merged" else {f"(planned {made[0]['n']})"})
    assert len(made) == (0 if how == "merged" else 1)
    assert [row["body"]["name"] for row in planned if row["path"].endswith("/organizations")] == ["Acme"]
