"""What can happen to those who order, and whom Streak knows them as."""

from __future__ import annotations

from collections.abc import Generator

from storytelling import Round, World, life

Lived = Generator[None, Round, None]


@life
def test_a_guest_orders(world: World) -> Lived:
    world.shop.orders(1101, None, "guest@gmail.com")
    now = yield
    box = now.box(1101)
    (contact,) = box["contacts"]
    assert (contact["givenName"], contact["familyName"]) == ("Jean", "Dupont")
    assert contact["emailAddresses"] == ["guest@gmail.com"]
    assert (box["stage"], box["fields"]["Customer Type"], box["organizations"]) == ("New Order", "Guest", [])
    assert [task["text"] for task in box["tasks"]] == ["Follow up on order SO-1101"]
    assert (now.order(1101), now.customers("guest@gmail.com")) == (("pending", 1), [])


@life
def test_a_guest_registers_later(world: World) -> Lived:
    world.shop.orders(1102, None, "later@gmail.com")
    now = yield
    (contact,) = now.box(1102)["contacts"]
    world.shop.registers("C-102", "Later@gmail.com", firstName="Johnny", lastName="Dupont", title="Dr")
    world.shop.orders(1103, "C-102", "later@gmail.com")
    now = yield
    assert [[one["key"] for one in now.box(number)["contacts"]] for number in (1102, 1103)] == [[contact["key"]]] * 2
    same = now.crm.contacts[contact["key"]]
    assert (same["givenName"], same["title"], same["emailAddresses"]) == ("Jean", "Dr", ["later@gmail.com"])
    assert now.box(1103)["fields"]["Customer Type"] == "Private"
    (customer,) = now.customers("later@gmail.com")
    assert (customer["firstName"], customer["version"]) == ("Johnny", 1)
    world.sales.edits_contact(same, title="Professor")
    now = yield
    (customer,) = now.customers("later@gmail.com")
    assert (customer["customerId"], customer["title"], customer["firstName"]) == ("C-102", "Professor", "Johnny")


@life
def test_a_customer_changes_the_email_address(world: World) -> Lived:
    world.shop.registers("C-104", "old@gmail.com", firstName="Eve")
    world.shop.orders(1104, "C-104", "old@gmail.com")
    now = yield
    (contact,) = now.box(1104)["contacts"]
    world.shop.changes("customers", "C-104", email="new@gmail.com")
    world.shop.orders(1105, "C-104", "new@gmail.com")
    now = yield
    (same,) = now.box(1105)["contacts"]
    assert same["key"] == contact["key"]
    assert same["emailAddresses"] == ["old@gmail.com", "new@gmail.com"]
    world.sales.edits_contact(same, givenName="Evelyn")
    now = yield
    (customer,) = now.customers("C-104")
    assert (customer["firstName"], customer["email"]) == ("Evelyn", "new@gmail.com")
    assert now.customers("old@gmail.com") == []


@life
def test_two_customers_share_a_mailbox(world: World) -> Lived:
    world.shop.company_registers("C-106", "office@shared.example", firstName="Ada")
    world.shop.company_registers("C-107", "office@shared.example", firstName="Bob")
    world.shop.orders(1106, "C-106", "office@shared.example")
    world.shop.orders(1107, "C-107", "office@shared.example")
    now = yield
    (contact,) = [one for one in now.crm.contacts.values() if one["emailAddresses"] == ["office@shared.example"]]
    boxes = [now.box(1106), now.box(1107)]
    assert [[one["key"] for one in box["contacts"]] for box in boxes] == [[contact["key"]]] * 2
    assert len({box["organizations"][0]["key"] for box in boxes}) == 1
    both = [now.customers(key)[0] for key in ("C-106", "C-107")]
    assert [(one["firstName"], one["version"]) for one in both] == [("Ada", 1), ("Bob", 1)]
    world.sales.edits_contact(contact, title="Buyer")
    now = yield
    both = [now.customers(key)[0] for key in ("C-106", "C-107")]
    assert [(one["firstName"], one["title"]) for one in both] == [("Ada", "Buyer"), ("Bob", None)]


@life
def test_two_customers_are_merged_in_the_shop(world: World) -> Lived:
    world.shop.registers("C-108", "stays@gmail.com", firstName="May")
    world.shop.registers("C-109", "leaves@gmail.com", firstName="Mae")
    world.shop.orders(1108, "C-109", "leaves@gmail.com")
    now = yield
    (before,) = now.box(1108)["contacts"]
    world.shop.changes("customers", "C-109", mergedIntoCustomerId="C-108")
    world.shop.changes("orders", "1108", customerId="C-108")
    now = yield
    linked = now.box(1108)["contacts"]
    assert [one["emailAddresses"] for one in linked] == [["leaves@gmail.com"], ["stays@gmail.com"]]
    assert linked[0]["key"] == before["key"]
    assert now.customers("C-108")[0]["firstName"] == "May"
    world.sales.edits_contact(before, title="Director")
    now = yield
    (survivor,) = now.customers("C-108")
    assert (survivor["firstName"], survivor["title"]) == ("May", "Director")
