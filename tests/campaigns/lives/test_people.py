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


@life
def test_a_rep_merges_the_contacts_of_two_customers(world: World) -> Lived:
    world.shop.registers("C-110", "gwen@gmail.com", firstName="Gwen", lastName="Gray", phone="+1 512 555 0100")
    world.shop.registers("C-111", "kate@gmail.com", firstName="Kate", lastName="Gray", phone="+1 512 555 0100")
    world.shop.orders(1110, "C-110", "gwen@gmail.com")
    world.shop.orders(1111, "C-111", "kate@gmail.com")
    now = yield
    (gone,), (survivor,) = now.box(1110)["contacts"], now.box(1111)["contacts"]
    world.sales.merges(gone, survivor)
    world.shop.orders(1112, "C-110", "gwen@gmail.com")
    now = yield
    assert [[one["key"] for one in now.box(n)["contacts"]] for n in (1110, 1111, 1112)] == [[survivor["key"]]] * 3
    assert now.crm.contacts[survivor["key"]]["emailAddresses"] == ["kate@gmail.com", "gwen@gmail.com"]
    both = [now.customers(key)[0] for key in ("C-110", "C-111")]
    assert [(one["firstName"], one["version"]) for one in both] == [("Gwen", 1), ("Kate", 1)]
    world.sales.edits_contact(survivor, familyName="Grey")
    now = yield
    both = [now.customers(key)[0] for key in ("C-110", "C-111")]
    assert [(one["lastName"], one["email"]) for one in both] == [("Gray", "gwen@gmail.com"), ("Grey", "kate@gmail.com")]
    assert (now.reasons("boxes", "111"), now.reasons("contacts", "C-11")) == ([], [])


@life
def test_a_rep_merges_a_customer_into_a_contact_of_the_teams_own(world: World) -> Lived:
    world.shop.registers("C-112", "finn@gmail.com", firstName="Finn", lastName="Ford", phone="+1 312 555 0112")
    world.shop.orders(1113, "C-112", "finn@gmail.com")
    now = yield
    (gone,) = now.box(1113)["contacts"]
    world.sales.adds_contact(gone["teamKey"], givenName="Finley", emailAddresses=["finley@home.example"])
    now = yield
    (typed,) = [one for one in now.crm.contacts.values() if one["emailAddresses"] == ["finley@home.example"]]
    world.sales.merges(gone, typed)
    world.shop.changes("customers", "C-112", title="Captain")
    world.shop.orders(1114, "C-112", "finn@gmail.com")
    now = yield
    (survivor,) = now.box(1114)["contacts"]
    assert (survivor["key"], survivor["givenName"], survivor["title"]) == (typed["key"], "Finley", "Captain")
    assert survivor["emailAddresses"] == ["finley@home.example", "finn@gmail.com"]
    (customer,) = now.customers("C-112")
    assert (customer["firstName"], customer["phone"], customer["email"]) == (
        "Finn",
        "+1 312 555 0112",
        "finn@gmail.com",
    )


@life
def test_a_rep_splits_a_contact(world: World) -> Lived:
    world.shop.registers("C-113", "first@gmail.com", firstName="Mia")
    now = yield
    world.shop.changes("customers", "C-113", email="second@gmail.com")
    world.shop.orders(1115, "C-113", "second@gmail.com")
    now = yield
    (contact,) = now.box(1115)["contacts"]
    for name, email in (("Mia", "second@gmail.com"), ("Max", "first@gmail.com")):
        world.sales.adds_contact(contact["teamKey"], givenName=name, emailAddresses=[email])
    world.sales.deletes_party(contact)
    world.shop.orders(1116, None, "first@gmail.com")
    now = yield
    (linked,) = now.box(1116)["contacts"]
    assert (linked["givenName"], linked["emailAddresses"]) == ("Max", ["first@gmail.com"])


@life
def test_a_rep_deletes_a_customer_who_orders_again(world: World) -> Lived:
    world.shop.company_registers("C-114", "olga@oakworks.example", firstName="Olga", title="Buyer")
    company = {"companyId": "CO-oakworks.example", "name": "Oakworks", "domain": "oakworks.example"}
    world.shop.orders(1117, "C-114", "olga@oakworks.example", company=company)
    now = yield
    box = now.box(1117)
    world.sales.deletes_party(box["contacts"][0])
    world.sales.deletes_party(box["organizations"][0], "organizations")
    world.shop.changes("customers", "C-114", title="Head of Buying")
    now = yield
    assert [one for one in now.crm.contacts.values() if "olga@oakworks.example" in one["emailAddresses"]] == []
    assert len(now.said("C-114", "was deleted at the destination by a person")) == 1
    (customer,) = now.customers("C-114")
    assert (customer["firstName"], customer["title"], customer["version"]) == ("Olga", "Head of Buying", 2)
    world.shop.orders(1118, "C-114", "olga@oakworks.example", company=company)
    now = yield
    (again,) = now.box(1118)["contacts"]
    assert (again["givenName"], again["title"]) == ("Olga", "Head of Buying")
    assert [one["name"] for one in now.box(1118)["organizations"]] == ["Oakworks"]
    assert now.box(1117)["contacts"] == []
    assert [one["firstName"] for one in now.customers("C-114")] == ["Olga"]
    assert now.reasons("boxes", "111") == []
