"""Contacts become customers: found, completed, made once, never a second one."""

from __future__ import annotations

from typing import Any

DAYS = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 8)]


def test_a_customer_is_found_by_e_mail_however_typed(crm: Any) -> None:
    crm.has_customer(title="Dr")
    ran = crm.run(crm.customer(email="ADA@acme.example", firstName="Augusta", phone="+1 512 555 0100"))
    customer = crm.only("customers")
    assert (customer["firstName"], customer["lastName"], customer["phone"]) == ("Augusta", "Byron", "+1 512 555 0100")
    assert customer["title"] == "Dr"
    assert ran.calls == ["GET /customers", "PATCH /customers/C-1"]
    assert crm.run(crm.customer(email="ADA@acme.example", firstName="Augusta", phone="+1 512 555 0100")).calls == []


def test_whom_a_person_put_together_of_two_is_the_customer_of_the_second_address(crm: Any) -> None:
    crm.has_customer(title="Dr")
    record = crm.customer(email="home@ada.example", otherEmails=["home@ada.example", "ADA@acme.example"], phone="1")
    crm.run(record)
    customer = crm.only("customers")
    assert (customer["phone"], customer["title"]) == ("1", "Dr")
    assert "otherEmails" not in customer
    assert crm.run(record).calls == []


def test_the_contact_s_customer_is_known_from_the_other_direction(crm: Any) -> None:
    crm.has_customer(email="old@acme.example")
    crm.came_over("contacts", "C-1", "K1", "customers:C-1", 1)
    ran = crm.run(crm.customer(email="new@acme.example"))
    assert (crm.only("customers")["email"], ran.calls) == (
        "new@acme.example",
        ["GET /customers/C-1", "PATCH /customers/C-1"],
    )


def test_a_customer_merged_away_means_the_other(crm: Any) -> None:
    crm.has_customer("C-1", email="old@acme.example", mergedIntoCustomerId="C-2")
    crm.has_customer("C-2", email="ada@acme.example")
    crm.came_over("contacts", "C-1", "K1", "customers:C-1", 1)
    crm.run(crm.customer(phone="1"))
    assert {one["customerId"]: one.get("phone") for one in crm.stored("customers")} == {"C-1": None, "C-2": "1"}


def test_a_customer_merged_later_means_the_other_too(crm: Any) -> None:
    crm.has_customer("C-1")
    crm.run(crm.customer(phone="1"))
    crm.load("customers", crm.only("customers") | {"mergedIntoCustomerId": "C-2"}, {"customerId": "C-2"})
    crm.run(crm.customer(phone="2", at=DAYS[3]))
    assert {one["customerId"]: one.get("phone") for one in crm.stored("customers")} == {"C-1": "2", "C-2": "2"}


def test_an_unknown_customer_is_made_once(crm: Any) -> None:
    ran = crm.run(crm.customer("K1", firstName="Ada"), crm.customer("K2", lastName="Byron"))
    customer = crm.only("customers")
    assert (customer["firstName"], customer["lastName"]) == ("Ada", "Byron")
    assert ran.calls[:2] == ["GET /customers", "POST /customers"]
    assert ran.counts["streams"] == {"customers": {"created": 1, "updated": 1}}


def test_a_customer_who_registers_meanwhile_is_taken(crm: Any) -> None:
    crm.has_customer()
    nobody = {"data": [], "totalCount": 0, "hasMore": False}
    crm.sandbox.faults(
        [{"match": {"method": "GET", "path": "/customers$"}, "do": "status", "status": 200, "body": nobody}]
    )
    ran = crm.run(crm.customer(phone="1"))
    assert (crm.only("customers")["phone"], crm.letters()) == ("1", [])
    assert ran.calls == ["GET /customers", "POST /customers", "GET /customers/C-1", "PATCH /customers/C-1"]


def test_customers_are_made_only_where_wanted_and_known(crm: Any) -> None:
    ran = crm.run(crm.customer(), create_customers=False)
    assert ran.counts["streams"] == {"customers": {"unchanged": 1}}
    crm.run(crm.customer("K2", email=None, firstName="Nobody"))
    assert (crm.stored("customers"), crm.letters()) == ([], [])
    crm.has_customer()
    crm.run(crm.customer(phone="1", at=DAYS[3]), create_customers=False)
    assert crm.only("customers")["phone"] == "1"


def test_null_clears_only_when_it_is_sent(crm: Any) -> None:
    crm.has_customer(title="Dr", phone="1")
    crm.run(crm.customer(title="Dr", phone="1"))
    crm.run(crm.customer(phone="1", at=DAYS[3]))
    assert crm.only("customers")["title"] == "Dr"
    crm.run(crm.customer(title=None, phone="1", at=DAYS[4]))
    assert (crm.only("customers")["title"], crm.only("customers")["phone"]) == (None, "1")


def test_addresses_are_added_to_the_book(crm: Any) -> None:
    home, office = {"type": "billing", "city": "Austin"}, {"type": "shipping", "city": "Dallas"}
    crm.has_customer(addresses=[home])
    crm.run(crm.customer(addresses=[home]))
    ran = crm.run(crm.customer(addresses=[home, office], at=DAYS[3]))
    assert crm.only("customers")["addresses"] == [home, office]
    assert [call.split()[0] for call in ran.calls] == ["GET", "PATCH"]


def test_an_address_is_known_by_its_words(crm: Any) -> None:
    split = {"line1": "1 Main St", "city": "Austin", "region": "TX", "postalCode": "78701", "country": "US"}
    crm.has_customer(addresses=[split | {"line1": "1 Main", "line2": "St.", "name": "Ada Byron", "type": "billing"}])
    assert crm.run(crm.customer(addresses=[split])).counts["streams"] == {"customers": {"unchanged": 1}}
    crm.run(crm.customer(addresses=[split, split | {"line1": "2 Main St"}], at=DAYS[3]))
    assert [one["line1"] for one in crm.only("customers")["addresses"]] == ["1 Main", "2 Main St"]


def test_what_the_other_direction_added_to_a_list_comes_not_back(crm: Any) -> None:
    """The order's phone number and address are the contact's first, and were never the customer's."""
    crm.sync["customers"]["phone"] = {"shared": True, "owner": "target", "of": "phoneNumbers.0"}
    crm.sync["customers"]["addresses"]["of"] = "addresses"
    crm.has_customer(phone="2", addresses=[])
    crm.came_over("contacts", "C-1", "K1", "customers:C-1", 1, phoneNumbers=["1", "2"], addresses=["Main St"])

    def contact(phone: str, *addresses: str, day: int = 0) -> Any:
        one = crm.customer(phone=phone, addresses=[{"line1": line} for line in addresses], at=DAYS[day])
        one["record"]["_said"] = {"phone": phone, "addresses": list(addresses)}
        return one

    crm.run(contact("1", "Main St"))
    assert (crm.only("customers")["phone"], crm.only("customers")["addresses"]) == ("2", [])
    crm.run(contact("3", "Main St", "High St", day=1))
    assert crm.only("customers")["phone"] == "3"
    assert {"line1": "High St"} in crm.only("customers")["addresses"]
    crm.run(contact("1", "Main St", "High St", day=2))
    assert (crm.only("customers")["phone"], crm.letters()) == ("1", [])


def test_an_address_book_that_is_replaced(crm: Any) -> None:
    crm.sync = {}
    crm.has_customer(addresses=[{"type": "billing", "city": "Austin"}])
    crm.run(crm.customer(addresses=[{"city": "Dallas", "type": "billing", "_extra": {"gate": "7"}}]))
    assert crm.only("customers")["addresses"] == [{"type": "billing", "city": "Dallas", "gate": "7"}]
    assert crm.run(crm.customer(addresses=None, at=DAYS[3])).counts["streams"] == {"customers": {"updated": 1}}
    assert crm.only("customers")["addresses"] == []


def test_many_customers_at_once_make_no_double(crm: Any) -> None:
    people = [crm.customer(f"K{n}", email=f"p{n % 10}@acme.example", firstName=f"P{n % 10}") for n in range(30)]
    crm.sandbox.limits(latency_ms=10)
    crm.run(*people)
    crm.run(*people)
    assert sorted(one["email"] for one in crm.stored("customers")) == sorted(f"p{n}@acme.example" for n in range(10))
