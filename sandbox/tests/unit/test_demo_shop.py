"""What the demo shop promises."""

from collections import Counter
from decimal import Decimal
from typing import Any

FREE_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "gmx.de", "orange.fr", "aol.com")


def test_it_is_a_years_business(demo: dict[str, Any]) -> None:
    orders = demo["orders"]
    assert len(orders) >= 200
    assert len(demo["customers"]) >= 80
    assert min(order["orderDate"] for order in orders)[:10] == "2025-11-21"
    assert max(record["updatedAt"] for records in demo.values() for record in records)[:10] == "2026-11-20"
    assert len({order["orderDate"][:7] for order in orders}) == 13
    repeats = Counter(order["customerId"] for order in orders if order["customerId"])
    assert sum(count > 1 for count in repeats.values()) >= 20
    assert all(order["orderDate"] <= order["updatedAt"] for order in orders)


def test_every_status_occurs_and_two_orders_have_one_that_nobody_knows(demo: dict[str, Any]) -> None:
    statuses = Counter(order["status"] for order in demo["orders"])
    usual = {"pending", "confirmed", "processing", "on_hold", "shipped", "completed", "cancelled", "refunded"}
    assert set(statuses) == usual | {"awaiting_pickup"}
    assert statuses["awaiting_pickup"] == 2
    assert {p["status"] for p in demo["payments"]} == {
        "authorized",
        "captured",
        "refunded",
        "partially_refunded",
        "failed",
        "voided",
    }
    assert {i["status"] for i in demo["invoices"]} == {"unpaid", "partially_paid", "paid", "void"}


def test_guests_and_test_orders_are_among_them(demo: dict[str, Any]) -> None:
    guests = [order for order in demo["orders"] if order["customerId"] is None]
    without = [order for order in guests if not order.get("email")]
    assert len(guests) >= 20
    assert any("email" not in order for order in without)
    assert any("email" in order for order in without)
    assert sum(order["isTest"] for order in demo["orders"]) == 3


def test_the_sums_are_right_to_the_cent(demo: dict[str, Any]) -> None:
    assert {order["currency"] for order in demo["orders"]} == {"USD", "EUR"}
    for order in demo["orders"]:
        lines = order["lineItems"]
        assert all(
            line["totalAmount"] == line["unitPrice"] * line["quantity"] - line["discountAmount"] for line in lines
        )
        assert order["subtotalAmount"] == sum(line["totalAmount"] for line in lines)
        total = order["subtotalAmount"] + order["shippingAmount"] + order["taxAmount"] - order["discountAmount"]
        assert order["totalAmount"] == total > 0
        assert isinstance(total, Decimal)
        assert total.as_tuple().exponent == -2


def test_payments_agree_with_the_orders(demo: dict[str, Any]) -> None:
    payments = {payment["paymentId"]: payment for payment in demo["payments"]}
    orders = {order["orderId"]: order for order in demo["orders"]}
    assert len(payments) == len(demo["payments"])
    for order in demo["orders"]:
        if info := order["paymentInfo"]:
            payment = payments.pop(info["paymentId"])
            same = {name: value for name, value in info.items() if name != "paidAt"}
            assert same == {name: payment[name] for name in same}
            assert payment["orderId"] == order["orderId"]
    assert payments
    for refund in payments.values():
        order = orders[refund["orderId"]]
        assert (refund["status"], order["paymentInfo"]["status"]) == ("refunded", "partially_refunded")
        assert 0 < refund["amount"] < order["totalAmount"]


def test_people_are_as_odd_as_in_life_and_all_invented(demo: dict[str, Any]) -> None:
    people = demo["customers"]
    emails = [person["email"] for person in people]
    domains = [email.lower().rpartition("@")[2] for email in emails]
    assert all(domain.endswith(".example") or domain in FREE_MAIL for domain in domains)
    assert all(
        "demo" in mail or "invented" in mail or "made.up" in mail for mail in emails if "example" not in mail.lower()
    )
    assert [count for count in Counter(emails).values() if count > 1] == [2, 2]
    names = [f"{person['firstName'] or ''}{person['lastName'] or ''}" for person in people]
    assert any(name != name.strip() for name in names)
    assert any(len(name) > 150 for name in names)
    assert any("'" in name for name in names)
    assert any("\u4e00" <= letter <= "\u9fff" for name in names for letter in name)
    assert len({order["billingAddress"]["country"] for order in demo["orders"]}) >= 12
    assert sum(person["company"] is None for person in people) >= 40


def test_reps_include_one_who_left(demo: dict[str, Any]) -> None:
    reps = {order["salesRepEmail"] for order in demo["orders"]} - {None}
    assert {rep.partition("@")[0] for rep in reps} == {"maya", "tom", "lena", "former.rep"}
