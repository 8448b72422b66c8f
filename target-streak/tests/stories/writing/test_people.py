"""Contacts and organizations: found, made, completed, never overwritten."""

from __future__ import annotations

from typing import Any

LATER = "2026-03-03T12:00:00Z"


def person_makes(shop: Any, stream: str, **values: Any) -> dict[str, Any]:
    team = shop.stored("teams")[0]["key"]
    made: dict[str, Any] = shop.person("POST", f"/v2/teams/{team}/{stream}", values)
    return made


def test_what_people_typed_stays_and_blanks_are_filled(shop: Any) -> None:
    typed = {"givenName": "Countess", "emailAddresses": ["ADA@acme.example"], "phoneNumbers": ["+1 555 0100"]}
    person_makes(shop, "contacts", **typed)
    ran = shop.run(shop.contact(title="CTO", phoneNumbers=["+44 20 7946 0000"], emailAddresses=["ada@acme.example"]))
    contact = shop.only("contacts")
    assert (contact["givenName"], contact["familyName"], contact["title"]) == ("Countess", "Lovelace", "CTO")
    assert contact["phoneNumbers"] == ["+1 555 0100", "+44 20 7946 0000"]
    assert len(ran.calls) == 2


def test_whom_streak_has_for_long_is_not_said_to_be_created(shop: Any) -> None:
    for stream, values in (
        ("contacts", {"emailAddresses": ["ada@acme.example"]}),
        ("organizations", {"name": "Acme", "domains": ["acme.example"]}),
    ):
        known = person_makes(shop, stream, **values) | {"creationDate": 1_600_000_000_000}
        shop.sandbox.load([{"system": "streak", "type": stream, "record": known}])
    ran = shop.run(shop.contact(), shop.contact("C2", emailAddresses=["bob@acme.example"]), shop.organization())
    assert ran.counts["streams"] == {"contacts": {"created": 1, "updated": 1}, "organizations": {"unchanged": 1}}
    assert (len(shop.stored("contacts")), len(shop.stored("organizations"))) == (2, 1)


def test_an_organization_is_found_by_its_domain_and_keeps_its_name(shop: Any) -> None:
    person_makes(shop, "organizations", name="ACME (key account)", domains=["https://www.acme.example"])
    shop.run(shop.organization(industry="Tools"))
    assert (shop.only("organizations")["name"], shop.only("organizations")["industry"]) == (
        "ACME (key account)",
        "Tools",
    )


def test_companies_without_a_domain_are_one_by_their_exact_name(shop: Any) -> None:
    person_makes(shop, "organizations", name="Bakery Nord")
    shop.run(*(shop.organization(name, name="Bakery Nord", domains=[]) for name in ("K1", "K2", "K3")))
    shop.run(*(shop.organization(name, name="Bakery Süd", domains=[]) for name in ("K4", "K5")))
    assert [one["name"] for one in shop.stored("organizations")] == ["Bakery Nord", "Bakery Süd"]


def test_two_companies_of_one_name_with_domains_are_two(shop: Any) -> None:
    shop.run(shop.organization("K1"), shop.organization("K2", domains=["acme.test"]))
    assert len(shop.stored("organizations")) == 2


def test_whom_only_a_box_names_is_made_bare_and_completed_later(shop: Any) -> None:
    shop.run(
        shop.box(1, contactEmails=["Ada@Acme.example"], organizationDomains=["acme.example"]),
        shop.box(2, contactEmails=["ada@acme.example"], organizationDomains=["acme.example"]),
    )
    assert shop.only("contacts")["emailAddresses"] == ["ada@acme.example"]
    assert all(len(box["contacts"]) == 1 for box in shop.stored("boxes"))
    shop.run(shop.contact(), shop.organization())
    assert (shop.only("contacts")["givenName"], shop.only("organizations")["name"]) == ("Ada", "Acme")


def test_the_customer_owns_and_the_order_only_creates(shop: Any) -> None:
    shop.run(shop.contact())
    order = shop.contact(flow="order-contact", givenName="Adele", at=LATER)
    assert shop.run(order).calls == []
    shop.run(shop.contact(givenName="Augusta", at=LATER))
    assert shop.only("contacts")["givenName"] == "Augusta"
    assert shop.run(order).calls == []


def test_more_addresses_are_added_and_none_is_lost(shop: Any) -> None:
    shop.run(shop.contact(addresses=["1 Main St"]))
    shop.person("POST", f"/v2/contacts/{shop.only('contacts')['key']}", {"addresses": ["1 Main St", "Typed 7"]})
    shop.run(shop.contact(addresses=["2 High St"], at=LATER))
    assert shop.only("contacts")["addresses"] == ["1 Main St", "Typed 7", "2 High St"]
    assert shop.run(shop.contact(addresses=["1 Main St"], at="2026-03-04T12:00:00Z")).calls == []


def test_customers_of_one_company_do_not_undo_each_other(shop: Any) -> None:
    company = [shop.organization(domains=[f"acme{n}.example"], at=f"2026-03-0{n}T12:00:00Z") for n in range(1, 5)]
    shop.run(*company)
    assert len(shop.only("organizations")["domains"]) == 4
    assert shop.run(*company).calls == []


def test_a_contact_without_email_is_made_only_where_the_setting_says_so(shop: Any) -> None:
    nameless = shop.contact(emailAddresses=[])
    shop.run(nameless, shop.box(contactExternalIds=["C1"]))
    assert (shop.stored("contacts"), shop.letters()) == ([], [])
    assert shop.run(nameless, shop.box(contactExternalIds=["C1"])).calls == []
    shop.run(shop.contact("C2", emailAddresses=[]), contact_without_email="create")
    assert shop.only("contacts")["familyName"] == "Lovelace"


def test_a_rejected_contact_does_not_stop_its_box(shop: Any) -> None:
    refusal = {"do": "status", "status": 400, "body": {"success": False, "error": "Not such a contact"}}
    shop.sandbox.faults([{"match": {"method": "POST", "path": ".*/contacts"}, "times": 2, **refusal}])
    ran = shop.run(shop.contact(), shop.box(contactExternalIds=["C1"]))
    assert ran.counts["streams"] == {"boxes": {"created": 1}, "contacts": {"rejected": 1}}
    assert "contacts" not in shop.only("boxes")
    rejected = next(letter for letter in shop.letters() if letter.kind == "rejected")
    assert rejected.reason.startswith("Not such a contact")
    shop.run(shop.contact(at=LATER))
    assert [one["key"] for one in shop.only("boxes")["contacts"]] == [shop.only("contacts")["key"]]
    assert shop.letters() == []


def test_reps_who_are_no_members_are_said_once(shop: Any) -> None:
    boxes = [shop.box(number, assigneeEmails=["former.rep@sandbox-sales.example"]) for number in range(5)]
    ran = shop.run(*boxes)
    assert ran.log.count("is no member of team") == 1
    assert "former.rep@" not in ran.log
    shop.run(shop.box(7, assigneeEmails=["x@y.example"]), default_assignee="lena@sandbox-sales.example")
    assigned = [one["assignedToSharingEntries"] for one in shop.stored("boxes")]
    assert [one["email"] for entry in assigned for one in entry] == ["lena@sandbox-sales.example"]


def test_a_person_without_an_address_is_made_once_though_the_answer_got_lost(shop: Any) -> None:
    shop.settings["contact_without_email"] = "create"
    shop.sandbox.faults([{"match": {"method": "POST", "path": ".*/contacts"}, "times": 1, "do": "lost_answer"}])
    shop.run(shop.contact(emailAddresses=[]), retry_seconds=20)
    assert shop.only("contacts")["familyName"] == "Lovelace"
    assert shop.letters() == []
