"""Writes by the profile `page-index`, and what a profile says a shop does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox


@pytest.fixture
def shop(crm: Any, sandbox: Sandbox) -> Any:
    """The CRM in front of the shop's second skin."""
    crm.sync = {}  # the source owns everything
    crm.settings |= {
        "api_url": sandbox.page_index_url,
        "api_key": None,
        "client_id": sandbox.clarity_client_id,
        "client_secret": sandbox.clarity_client_secret,
        "site_profile": "page-index",
    }
    return crm


def profile(crm: Any, tmp_path: Path, text: str, base: str = "contract-v1") -> None:
    crm.sync = {}
    path = tmp_path / "shop.yml"
    path.write_text(f"profile: 1\nextends: {base}\n{text}")
    crm.settings["site_profile"] = str(path)


def letters(crm: Any) -> list[tuple[str, str]]:
    """Stream and code of what was set aside."""
    listed = crm.shell("dead-letters", "list").stdout.splitlines()
    rows = [line.split() for line in listed if line[:1].isdigit() and "dead letter" not in line]
    return [(row[1], row[4]) for row in rows]


def test_the_four_writes_arrive_and_a_second_run_writes_nothing(shop: Any, sandbox: Sandbox) -> None:
    shop.has_orders(1)
    records = [
        shop.order(1, status="shipped", trackingNumber="1Z"),
        shop.customer(firstName="Ada", company={"companyId": "CO", "name": "Acme"}),
        shop.note(1),
        shop.invoice(1),
    ]
    shop.run(*records)
    assert (shop.only("orders")["status"], shop.only("orders")["trackingNumber"]) == ("shipped", "1Z")
    customer = shop.only("customers")
    assert (customer["email"], customer["company"]) == ("ada@acme.example", {"companyId": "CO", "name": "Acme"})
    assert shop.only("notes")["text"] == "Called: wants it on Friday"
    assert shop.only("notes")["externalId"] == "task:T1:done"
    assert shop.only("invoices")["orderId"] == "1"
    again = shop.run(*records)
    assert [
        request for request in again.requests if request["method"] != "GET" and "login" not in request["path"]
    ] == []


def test_a_customer_who_exists_is_found_by_address(shop: Any) -> None:
    shop.has_customer()
    shop.run(shop.customer(lastName="King"))
    assert shop.only("customers")["lastName"] == "King"


def test_an_invoice_that_the_order_has_is_taken_over(shop: Any) -> None:
    shop.has_orders(1)
    shop.load("invoices", {"invoiceId": "INV-7", "orderId": "1", "status": "unpaid"})
    shop.run(shop.invoice(1, status="paid"))
    assert (shop.only("invoices")["invoiceId"], shop.only("invoices")["status"]) == ("INV-7", "paid")


def test_a_note_whose_answer_got_lost_waits_for_a_person(shop: Any, sandbox: Sandbox) -> None:
    """The shop heeds no key, so a second POST would make a second note."""
    shop.has_orders(1)
    lost = {"match": {"system": "clarity", "method": "POST", "path": "notes"}, "times": 1, "do": "lost_answer"}
    sandbox.faults([lost])
    shop.run(shop.note(1))
    assert len(shop.stored("notes")) == 1
    shop.shell("dead-letters", "retry", "--all")
    assert letters(shop) == [("notes", "unknown_outcome")]
    assert len(shop.stored("notes")) == 1


def test_what_the_shop_does_not_take_becomes_dead_letters(crm: Any, tmp_path: Path) -> None:
    profile(crm, tmp_path, "writes: {create_note: null, create_invoice: null, update_order: null}\n")
    crm.has_orders(1)
    ran = crm.run(crm.note(1), crm.invoice(1), crm.order(1, status="shipped"), crm.customer(), max_rejected="10")
    assert sorted(letters(crm)) == [
        ("invoices", "not_supported"),
        ("notes", "not_supported"),
        ("orders", "not_supported"),
    ]
    assert crm.only("orders")["status"] == "pending"
    assert crm.only("customers")["email"] == "ada@acme.example"
    assert ran.log.count("has no create_note") == 1


def test_a_field_that_the_shop_does_not_have_is_said_once_and_left_out(crm: Any, tmp_path: Path) -> None:
    profile(crm, tmp_path, "streams: {orders: {fields: {trackingNumber: null}}}\n")
    crm.has_orders(1, 2)
    ran = crm.run(*(crm.order(number, status="shipped", trackingNumber="1Z") for number in (1, 2)))
    assert {(order["status"], order.get("trackingNumber")) for order in crm.stored("orders")} == {("shipped", None)}
    assert ran.log.count("orders.trackingNumber is not written: the shop has none (site_profile") == 1


def test_a_shop_where_nobody_can_be_looked_up_gets_no_second_customer(crm: Any, tmp_path: Path) -> None:
    profile(crm, tmp_path, "streams: {customers: {by_email: null}}\n")
    crm.has_customer()
    crm.run(crm.customer(lastName="King"))
    assert crm.only("customers")["lastName"] == "King"  # the shop itself said who it is


def test_check_says_which_writes_the_profile_has(shop: Any, tmp_path: Path) -> None:
    shop.has_orders(1)
    ended = shop.shell("check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Profile:    page-index.yml" in ended.stdout
    assert "notes:      can be written" in ended.stdout
    profile(shop, tmp_path, "writes: {create_note: null}\n", "page-index")
    ended = shop.shell("check")
    assert ended.returncode == 1
    assert "notes:      not supported: site_profile" in ended.stdout
    assert "shop.yml:3 has no create_note" in ended.stdout


def test_a_dry_run_plans_in_the_shops_names(shop: Any, tmp_path: Path) -> None:
    shop.has_orders(1)
    plan = tmp_path / "plan.jsonl"
    shop.run(shop.customer(firstName="Ada"), shop.note(1), dry_run=True, dry_run_file=str(plan))
    assert shop.stored("customers") == shop.stored("notes") == []
    assert '"emailAddress":"ada@acme.example"' in plan.read_text().replace('": "', '":"')
