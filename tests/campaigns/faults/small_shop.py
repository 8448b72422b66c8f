"""A small shop with everything that the shipped mapping makes records of, and what it must become in Streak."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from crm import Crm
from shop import ADDRESS, customer, order, payment

ORDERS = 20
CUSTOMERS = 5
COMPANIES = (("Acme Ltd", "acme.example"), ("Beta GmbH", "beta.example"), ("Corner Shop", None))
NUMBERS = range(1, ORDERS + 1)
SHIPPED = frozenset(number for number in NUMBERS if number % 3 == 0)


def opening() -> list[dict[str, Any]]:
    """The shop's customers, orders and payments."""
    customers = [_customer(number) for number in range(CUSTOMERS)]
    return [*customers, *map(_order, NUMBERS), *map(_payment, NUMBERS)]


def shipping() -> list[dict[str, Any]]:
    """The orders that are shipped some days later."""
    changes = {"status": "shipped", "version": 2}
    return [_order(number, updatedAt=f"2026-05-20T10:00:{number:02}Z", **changes) for number in sorted(SHIPPED)]


def differences(snapshot: dict[str, Any]) -> list[str]:
    """What is lost, doubled, wrong or linked to the wrong one in Streak; empty when all is as it must be."""
    crm = Crm(snapshot)
    expected = {_expected_box(number): 1 for number in NUMBERS}
    found = {
        "box": Counter(map(_box, crm.boxes)),
        "contact": Counter(_contact(crm, one) for one in crm.contacts.values()),
    }
    found["organization"] = Counter(one["name"] for one in crm.organizations.values())
    wanted: dict[str, dict[Any, int]] = {"box": expected}
    wanted["contact"] = {(_email(number), _company(number)[0]): 1 for number in range(CUSTOMERS)}
    wanted["organization"] = {name: 1 for name, _ in COMPANIES}
    return [
        f"{kind} {one}: {found[kind][one]} instead of {wanted[kind].get(one, 0)}"
        for kind in wanted
        for one in {**wanted[kind], **found[kind]}
        if found[kind][one] != wanted[kind].get(one, 0)
    ]


def order_id(number: int) -> str:
    """The id of an order, as the box field `Order ID` has it."""
    return str(100000 + number)


def _expected_box(number: int) -> tuple[Any, ...]:
    name, _ = _company(_customer_of(number))
    total = str(_total(number))
    shipped = number in SHIPPED
    comments = [f"Payment captured: {total} USD, card …4242", *(["Order status changed to shipped"] * shipped)]
    return (
        f"SO-{order_id(number)} – {name}",
        ("Web Orders", "Shipped" if shipped else "New Order"),
        (order_id(number), total, "USD"),
        (_email(_customer_of(number)),),
        (name,),
        (f"Follow up on order SO-{order_id(number)}",),
        tuple(sorted(comments)),
    )


def _box(box: dict[str, Any]) -> tuple[Any, ...]:
    return (
        box["name"],
        (box["pipeline"], box["stage"]),
        tuple(box["fields"].get(name) for name in ("Order ID", "Total", "Currency")),
        tuple(sorted(email for contact in box["contacts"] for email in contact["emailAddresses"])),
        tuple(sorted(organization["name"] for organization in box["organizations"])),
        tuple(task["text"] for task in box["tasks"]),
        tuple(sorted(box["comments"])),
    )


def _contact(crm: Crm, contact: dict[str, Any]) -> tuple[str, str]:
    companies = [crm.organizations[link["key"]]["name"] for link in contact["orgLinks"]]
    return ",".join(contact["emailAddresses"]), ",".join(companies)


def _customer_of(number: int) -> int:
    return number % CUSTOMERS


def _company(customer_number: int) -> tuple[str, str | None]:
    return COMPANIES[customer_number % len(COMPANIES)]


def _email(customer_number: int) -> str:
    return f"person{customer_number}@{_company(customer_number)[1] or 'gmail.com'}"


def _customer(number: int) -> dict[str, Any]:
    name, domain = _company(number)
    company = {"companyId": f"CO-{name[0]}", "name": name, "domain": domain, "industry": None}
    when = f"2026-04-01T00:00:{number:02}Z"
    return customer(customerId=f"C-{number}", email=_email(number), company=company, updatedAt=when)


def _order(number: int, **changes: Any) -> dict[str, Any]:
    name, _ = _company(_customer_of(number))
    given = {
        "customerId": f"C-{_customer_of(number)}",
        "email": _email(_customer_of(number)),
        "totalAmount": _total(number),
        "billingAddress": ADDRESS | {"company": name},
        "orderDate": f"2026-05-{number % 5 + 1:02}T10:00:00Z",
        "updatedAt": f"2026-05-10T10:00:{number:02}Z",
    }
    return order(int(order_id(number)), **given | changes)


def _payment(number: int) -> dict[str, Any]:
    return payment(paymentId=f"PAY-{number}", orderId=order_id(number), amount=_total(number))


def _total(number: int) -> Decimal:
    return Decimal(f"{100 + number}.10")
