"""What Streak does not keep of a write: it goes the other way, or is said; never "written" for what is not there."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest import FatalRunError

LATER, LAST = "2026-03-03T12:00:00Z", "2026-03-04T12:00:00Z"
MAYA = "maya@sandbox-sales.example"
MANY = {"Order Date": "2026-03-02T12:00:00Z", "Currency": "USD", "Tags": ["new", "web"], "Gift": True}


def customer(shop: Any) -> tuple[Any, ...]:
    return shop.organization(), shop.contact(organizationExternalIds=["K1"])


def linked(shop: Any, number: int = 1, **values: Any) -> Any:
    return shop.box(number, contactExternalIds=["C1"], organizationExternalIds=["K1"], **values)


def fields_of(shop: Any, number: int) -> dict[str, Any]:
    """The fields of the box with an order's id."""
    every = map(shop.fields, shop.stored("boxes"))
    return next(fields for fields in every if fields.get("Order ID") == str(100000 + number))


def outcome(ran: Any, stream: str = "boxes") -> dict[str, int]:
    return dict(ran.counts["streams"][stream])


@pytest.mark.parametrize(
    "bend",
    [
        {"create_fields": "dropped"},
        {"create_fields": "dropped", "update_fields": "dropped"},
        {"update_fields": "dropped"},
        {"create_links": "kept", "update_links": "dropped", "create_fields": "dropped", "update_fields": "dropped"},
    ],
)
def test_fields_arrive_whichever_write_ignores_them(shop: Any, bend: dict[str, str]) -> None:
    shop.sandbox.streak(**bend)
    ran = shop.run(shop.box(1, fields=MANY), shop.box(2, fields=MANY))
    assert outcome(ran) == {"created": 2}
    for number in (1, 2):
        fields = fields_of(shop, number)
        assert fields["Total"] == "208.35"
        assert (len(fields["Tags"]), fields["Gift"]) == (2, True)
    changed = shop.run(shop.box(1, fields=MANY | {"Total": 9}, at=LATER), shop.box(2, fields=MANY))
    assert outcome(changed) == {"updated": 1, "unchanged": 1}
    assert [fields_of(shop, number)["Total"] for number in (1, 2)] == ["9", "208.35"]
    assert shop.letters() == []
    assert shop.run(shop.box(1, fields=MANY | {"Total": 9}, at=LATER), shop.box(2, fields=MANY)).calls == []


def test_the_other_way_is_kept_to(shop: Any) -> None:
    shop.sandbox.streak(update_fields="dropped")
    shop.run(shop.box())
    shop.run(shop.box(fields={"Total": 1, "Order Date": LATER}, at=LATER))
    again = shop.run(shop.box(fields={"Total": 2, "Order Date": LATER}, at=LAST))
    assert [call.rpartition("/")[0].rpartition("/")[2] for call in again.writes] == ["fields"]
    assert len(again.calls) == 1
    assert shop.fields()["Total"] == "2"
    shop.lose_ledger()
    assert outcome(shop.run(shop.box(fields={"Total": 2}, at=LAST))) == {"unchanged": 1}
    assert len(shop.stored("boxes")) == 1


def test_what_no_way_keeps_is_said_once_and_not_tried_for_ever(shop: Any) -> None:
    shop.run(shop.box(1), shop.box(2))
    shop.sandbox.streak(update_fields="dropped", field_values="dropped")
    changed = [shop.box(number, fields={"Total": 7777.25}, at=LATER) for number in (1, 2)]
    ran = shop.run(*changed)
    assert outcome(ran) == {"rejected": 2}
    assert [(letter.code, "fieldValues.Total" in letter.reason) for letter in shop.letters()] == [
        ("not_kept", True)
    ] * 2
    assert ran.log.count("fieldValues.Total was sent, and the API does not keep it") == 1
    assert "7777.25" not in ran.log + "".join(letter.reason for letter in shop.letters())
    for _ in range(2):
        again = shop.run(*changed)
        assert (again.calls, outcome(again)) == ([], {"rejected": 2})
    assert len(shop.stored("boxes")) == len(shop.letters()) == 2
    other = shop.run(shop.box(1, name="Renamed", fields={"Total": 7777.25}, at=LAST))
    assert (outcome(other), len(other.writes)) == ({"rejected": 1}, 1)
    assert "Renamed" in [box["name"] for box in shop.stored("boxes")]


def test_a_link_that_is_never_kept_stops_no_run_but_a_lost_order_id_does(shop: Any) -> None:
    shop.run(shop.organization(), *(shop.box(number) for number in range(1, 121)))
    shop.sandbox.streak(update_links="dropped")
    linked_boxes = [shop.box(number, organizationExternalIds=["K1"], at=LATER) for number in range(1, 121)]
    assert outcome(shop.run(*linked_boxes)) == {"rejected": 120}
    shop.sandbox.streak(create_fields="dropped", update_fields="dropped", field_values="dropped")
    with pytest.raises(FatalRunError, match="max_rejected"):
        shop.run(*(shop.box(number) for number in range(201, 400)))


def test_a_person_can_have_it_tried_again(shop: Any) -> None:
    shop.run(shop.box())
    shop.sandbox.streak(update_fields="dropped", field_values="dropped")
    shop.run(shop.box(fields={"Total": 5}, at=LATER))
    shop.sandbox.streak(update_fields="kept", field_values="kept")
    ended = shop.shell("dead-letters", "retry", "--all")
    assert ended.returncode == 0, ended.stderr
    assert (shop.fields()["Total"], shop.letters()) == ("5", [])


def test_links_that_no_update_takes_are_set_aside_once(shop: Any) -> None:
    shop.run(shop.box())
    shop.sandbox.streak(update_links="dropped")
    ran = shop.run(*customer(shop), linked(shop, at=LATER))
    assert outcome(ran) == {"rejected": 1}
    assert sorted(shop.letters()[0].reason.replace(",", "").split()[-2:]) == ["contacts", "organizations"]
    assert shop.run(*customer(shop), linked(shop, at=LATER)).calls == []


@pytest.mark.parametrize("way", ["ignored", "refused"])
def test_clearing_that_is_not_possible_is_said_once(shop: Any, way: str) -> None:
    shop.run(shop.box(notes="a note", fields={"Total": 3}))
    shop.sandbox.streak(clearing=way)
    cleared = shop.box(name="Renamed", notes="a note", fields={"Total": None}, at=LATER)
    ran = shop.run(cleared)
    assert outcome(ran) == {"rejected": 1}
    assert (shop.only("boxes")["name"], shop.fields()["Total"]) == ("Renamed", "3")
    assert [letter.code for letter in shop.letters()] == ["not_kept"]
    assert shop.run(cleared).calls == []
    filled = shop.run(shop.box(name="Renamed", notes="a note", fields={"Total": 4}, at=LAST))
    assert (outcome(filled), shop.fields()["Total"], shop.letters()) == ({"updated": 1}, "4", [])


def test_an_assignee_that_is_ignored_is_said_and_rejects_no_deal(shop: Any) -> None:
    shop.sandbox.streak(create_assignees="dropped", update_assignees="dropped", task_assignees="dropped")
    deals = [shop.box(number, assigneeEmails=[MAYA]) for number in range(1, 9)]
    ran = shop.run(*deals, *(shop.task(number, assigneeEmails=[MAYA]) for number in range(1, 9)))
    assert (outcome(ran), outcome(ran, "tasks")) == ({"created": 8}, {"created": 8})
    assert ran.log.count("assigneeEmails was sent, and the API does not keep it") == 1
    assert ran.log.count("assignedToSharingEntries was sent, and the API does not keep it") == 1
    assert shop.letters() == []
    again = shop.run(*deals, *(shop.task(number, assigneeEmails=[MAYA]) for number in range(1, 9)))
    assert again.calls == []


def test_a_tasks_assignee_goes_by_its_newer_name(shop: Any) -> None:
    shop.sandbox.streak(task_assignees="only_assignedTo")
    shop.run(shop.box(), shop.task(1, assigneeEmails=[MAYA]))
    assert [person["email"] for person in shop.only("tasks")["assignedTo"]] == [MAYA]


def test_addresses_alone_where_streak_takes_no_more(shop: Any) -> None:
    shop.sandbox.streak(get_if_existing="address_only")
    people = [shop.contact(f"C{n}", emailAddresses=[f"p{n}@acme.example"]) for n in range(4)]
    ran = shop.run(shop.organization(), *people)
    assert outcome(ran, "contacts") == {"created": 4}
    assert [contact["givenName"] for contact in shop.stored("contacts")] == ["Ada"] * 4
    assert shop.only("organizations")["name"] == "Acme"
    more = shop.run(shop.contact("C9", emailAddresses=["p9@acme.example"]))
    assert len(more.writes) == 2
    assert shop.letters() == []


@pytest.mark.parametrize("kind", ["DROPDOWN", "TAG"])
def test_peoples_options_survive_an_add_that_replaces(shop: Any, kind: str) -> None:
    name = {"DROPDOWN": "Currency", "TAG": "Tags"}[kind]

    def value(label: str) -> Any:
        return {name: [label] if kind == "TAG" else label}

    shop.run(shop.box(1, fields=value("USD")), shop.box(2, fields=value("EUR")))
    before = shop.fields(shop.stored("boxes")[0])[name]
    shop.sandbox.streak(add_only="ignored")
    ran = shop.run(shop.box(3, fields=value("GBP")))
    assert ran.log.count("addOnly is ignored") == 1
    labels = option_labels(shop, name)
    assert sorted(labels.values()) == ["EUR", "GBP", "USD"]
    assert shop.fields(shop.stored("boxes")[0])[name] == before
    assert (before[0] if kind == "TAG" else before) in labels
    further = shop.run(shop.box(4, fields=value("CHF")))
    assert "addOnly" not in further.log
    assert sorted(option_labels(shop, name).values()) == ["CHF", "EUR", "GBP", "USD"]
    assert outcome(further) == {"created": 1}


def option_labels(shop: Any, name: str) -> dict[str, str]:
    pipeline = next(each for each in shop.stored("pipelines") if each["name"] == "Web Orders")
    field = next(each for each in pipeline["fields"] if each["name"] == name)
    items = (field.get("dropdownSettings") or {}).get("items") or field["tagSettings"]["tags"]
    return {item["key"]: item.get("name") or item["tag"] for item in items}


def test_a_new_order_costs_four_writes_and_a_task_where_links_go_with_creation(shop: Any) -> None:
    bend = {"create_links": "kept", "party_create_links": "kept", "party_create_fields": "kept"}
    shop.sandbox.streak(**bend)
    shop.run(shop.box(9))
    order = (*customer(shop), linked(shop), shop.comment(), shop.task())
    assert len(shop.run(*order).writes) == 7  # nobody knows yet that Streak takes them
    with shop.ledger() as ledger:
        for stream, slot in (("contacts", "orgLinks"), ("boxes", "contacts"), ("boxes", "organizations")):
            ledger.bindings.bind("finding", stream, f"create {slot}", "kept")
    named = {"name": "Bolt", "domains": ["bolt.example"]}
    person = {"organizationExternalIds": ["K2"], "emailAddresses": ["bo@bolt.example"]}
    box = shop.box(2, contactExternalIds=["C2"], organizationExternalIds=["K2"])
    ran = shop.run(
        shop.organization("K2", **named), shop.contact("C2", **person), box, shop.comment(2, "c2"), shop.task(2)
    )
    assert len(ran.writes) == 5
    made = shop.stored("boxes")[-1]
    assert [len(made[name]) for name in ("contacts", "organizations")] == [1, 1]
    assert len(shop.stored("contacts")[-1]["orgLinks"]) == 1
    shop.sandbox.streak(create_links="refused", party_create_links="dropped")
    third = shop.run(
        shop.organization("K3", name="Nut", domains=["nut.example"]),
        shop.contact("C3", organizationExternalIds=["K3"], emailAddresses=["n@nut.example"]),
        shop.box(3, contactExternalIds=["C3"], organizationExternalIds=["K3"]),
    )
    assert outcome(third) == outcome(third, "contacts") == {"created": 1}
    assert len(shop.stored("boxes")[-1]["contacts"]) == 1
    assert len(shop.stored("contacts")[-1]["orgLinks"]) == 1


@pytest.mark.parametrize("bend", [{"ids": "numbers"}, {"ids": "other_prefix"}, {"extra_property": True}])
def test_other_ids_and_unknown_properties_change_nothing(shop: Any, bend: dict[str, Any]) -> None:
    shop.sandbox.streak(**bend)
    order = (*customer(shop), linked(shop, fields=MANY, assigneeEmails=[MAYA]), shop.comment(), shop.task())
    assert all(counts == {"created": 1} for counts in shop.run(*order).counts["streams"].values())
    moved = linked(shop, fields=MANY | {"Total": 2}, assigneeEmails=[MAYA], stageName="Shipped", at=LATER)
    assert outcome(shop.run(moved)) == {"updated": 1}
    assert (shop.stage(), shop.fields()["Total"], shop.letters()) == ("Shipped", "2", [])
    shop.move("Won")
    shop.lose_ledger()
    shop.run(*customer(shop), moved)
    assert len(shop.stored("boxes")) == len(shop.stored("contacts")) == len(shop.stored("organizations")) == 1


def test_addresses_and_texts_in_streaks_spelling_are_kept(shop: Any) -> None:
    shop.run(shop.contact(emailAddresses=[" Ada@ACME.example "], phoneNumbers=["+1 555 ", "+1 555"], title=" CTO "))
    changed = {"emailAddresses": ["ADA@acme.example", "Ada.L@Acme.Example"], "title": " Chief "}
    ran = shop.run(shop.contact(**changed, at=LATER), shop.organization(domains=["https://www.acme.example/shop"]))
    assert outcome(ran, "contacts") == {"updated": 1}
    assert shop.letters() == []
    assert not [call for call in ran.calls if call.startswith("GET /v2/contacts") and ran.calls.count(call) > 1]
