"""Whose box it is: a rep's work on the box of one shop never reaches the orders of another."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.ledger import Content, Ledger

OTHER, TEAM = "https://other.example/api/v1", "https://crm.example/api team-1"


@pytest.fixture
def whose(crm: Any) -> Any:
    """Two orders; the ledger knows the box of the first one, and the boxes of another shop with the same ids."""
    crm.has_orders(1, 2, orderNumber="SO-1", orderDate="2026-02-01T10:00:00Z")
    crm.came_over("boxes", "1", "box-1", "orders:1", 1, stageName="New Order")
    with Ledger.open(crm.settings["ledger_url"], source=OTHER, destination=TEAM) as ledger:
        for stream, number in (("boxes", "1"), ("boxes", "2"), ("contacts", "1")):
            content = Content("h", {"@source": f"orders:{number}"})
            key = f"their-{stream}-{number}"
            ledger.links.written(stream, number, vendor_key=key, flow="f", content=content, result="created")
    return crm


def status(crm: Any, number: int) -> str:
    return str(crm.person("GET", f"/orders/{number}")["status"])


def moved(crm: Any, number: int, key: str, **values: Any) -> Any:
    return crm.record("orders", str(number), {"key": key}, **{"status": "shipped"} | values)


@pytest.mark.parametrize(("number", "key"), [(1, "their-boxes-1"), (2, "their-boxes-2"), (1, "copy"), (2, "unknown")])
def test_a_box_that_is_not_the_orders_changes_nothing(whose: Any, number: int, key: str) -> None:
    ran = whose.run(moved(whose, number, key))
    assert (status(whose, number), ran.counts["streams"]) == ("pending", {"orders": {"unchanged": 1}})
    assert "orders that are not ours are left alone" in ran.log
    assert whose.letters() == []


@pytest.mark.parametrize("named", ["1", "2", "9", None])
def test_the_orders_own_box_reaches_it_whatever_id_stands_on_it(whose: Any, named: str | None) -> None:
    whose.run(whose.record("orders", named or "box:box-1", {"key": "box-1"}, status="shipped"))
    assert (status(whose, 1), status(whose, 2)) == ("shipped", "pending")
    with Ledger.open(whose.settings["ledger_url"], source=whose.sandbox.clarity_url, destination=TEAM) as ledger:
        assert len(ledger.bindings.of_kind("lost its id")) == (named != "1")


@pytest.mark.parametrize(
    ("box", "order", "reaches"),
    [
        ("box-1", "2", ["1"]),
        ("box-1", None, ["1"]),
        ("their-boxes-1", "1", []),
        ("copy", "1", []),
        ("deal", "box:deal", []),
    ],
)
def test_notes_and_invoices_follow_the_box(whose: Any, box: str, order: str | None, reaches: list[str]) -> None:
    given = {"boxKey": box, "orderId": order}
    whose.run(
        whose.note(1, "task:T1:done", **given),
        whose.record("invoices", f"box:{box}:won", {"key": box, "date": "2026-03-02T12:00:00Z"}, **given),
    )
    shop = whose.sandbox.snapshot()["clarity"]
    assert [each["orderId"] for each in shop["notes"]] == reaches
    assert [each["orderId"] for each in shop["invoices"]] == reaches
    assert whose.letters() == []


def test_a_person_of_another_shop_alone_is_left_alone(whose: Any) -> None:
    whose.has_customer()
    ran = whose.run(whose.customer("their-contacts-1", firstName="Bob"))
    assert ran.counts["streams"] == {"customers": {"unchanged": 1}}
    whose.run(whose.customer("contact-of-the-crm", firstName="Augusta"))
    assert whose.person("GET", "/customers/C-1")["firstName"] != "Bob"


def test_a_box_whose_order_is_just_being_made_waits(whose: Any) -> None:
    with Ledger.open(whose.settings["ledger_url"], source=whose.sandbox.clarity_url, destination=TEAM) as ledger:
        ledger.intents.open("boxes", "2", {"creates": True})
    assert whose.run(moved(whose, 2, "new-box")).counts["streams"] == {"orders": {"postponed": 1}}
    whose.came_over("boxes", "2", "new-box", "orders:2", 1, stageName="New Order")
    assert whose.shell("dead-letters", "retry", "--all").returncode == 0
    assert (status(whose, 2), whose.letters()) == ("shipped", [])


@pytest.mark.parametrize(
    ("shown", "reaches"),
    [
        ({}, True),
        ({"orderNumber": "SO-1", "orderDate": "2026-02-01T10:00:00.000Z"}, True),
        ({"orderNumber": "B-1"}, False),
        ({"orderNumber": "SO-1", "orderDate": "2026-02-02T10:00:00Z"}, False),
    ],
)
def test_in_a_ledger_without_the_other_direction_number_and_date_tell(
    crm: Any, shown: dict[str, Any], *, reaches: bool
) -> None:
    crm.has_orders(1, orderNumber="SO-1", orderDate="2026-02-01T10:00:00Z")
    crm.run(moved(crm, 1, "some-box", trackingNumber="1Z9", **shown))
    assert crm.person("GET", "/orders/1").get("trackingNumber") == ("1Z9" if reaches else None)
    assert crm.letters() == []


def test_a_second_box_of_an_order_is_not_taken_for_it_there_either(crm: Any) -> None:
    crm.has_orders(1)
    crm.run(moved(crm, 1, "some-box", trackingNumber="1Z9"))
    crm.run(moved(crm, 1, "a-copy", trackingNumber="other"))
    assert crm.person("GET", "/orders/1")["trackingNumber"] == "1Z9"
