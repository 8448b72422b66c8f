"""A small shop that goes on: orders come, are paid and shipped; it knows what Streak must hold in the end."""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shop import ADDRESS, CUSTOMER, ORDER, PAYMENT, STAGES, row

if TYPE_CHECKING:
    from random import Random

BEGINS = datetime(2026, 5, 4, 8, tzinfo=UTC)
NEXT = {
    "pending": ("confirmed", "on_hold"),
    "on_hold": ("confirmed",),
    "confirmed": ("processing", "shipped"),
    "processing": ("shipped", "on_hold"),
    "shipped": ("completed",),
    "completed": ("refunded",),
    "refunded": ("completed",),
}
PAYMENTS = {"authorized": "Payment authorized", "captured": "Payment captured", "refunded": "Payment refunded"}
PAYMENT_NEXT = {"authorized": "captured", "captured": "refunded"}
FIRST_ORDERS = 30
FULL = 60

Row = dict[str, Any]


@dataclass
class Expected:
    """What one order's box must look like."""

    stage: str
    total: str
    tracking: str | None
    person: str | None
    company: str | None
    status_comments: list[str] = field(default_factory=list)
    payment_comments: list[str] = field(default_factory=list)


class ChangingShop:
    """Orders, customers and payments of a shop; every change is newer than the one before."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._now = BEGINS
        self.orders: dict[str, Row] = {}
        self.customers: dict[str, Row] = {}
        self.payments: dict[str, Row] = {}
        self._status_comments: dict[str, list[str]] = defaultdict(list)
        self._payment_comments: dict[str, list[str]] = defaultdict(list)

    @property
    def is_full(self) -> bool:
        """Whether it is time for another shop."""
        return len(self.orders) >= FULL

    def change(self) -> list[Row]:
        """Let some time pass: the rows that are new or changed, for the sandbox's bulk load."""
        old = sorted(self.orders)
        changed = [self._move(name) for name in self._some(old, 12)]
        changed += [self._pay(name) for name in self._some(old, 8)]
        changed += [self._edit(name) for name in self._some(sorted(self.customers), 3)]
        for _ in range(6 if old else FIRST_ORDERS):
            changed += self._sell(100001 + len(self.orders))
        return [row for row in changed if row]

    def expected(self) -> dict[str, Expected]:
        """Give the box of every order by order id."""
        return {name: self._expected(name, order) for name, order in self.orders.items()}

    def people(self) -> dict[str, str]:
        """Give the family name of every contact by e-mail."""
        guests = {order["email"]: "Lovelace" for order in self.orders.values() if order["email"]}
        return guests | {one["email"]: one["lastName"] for one in self.customers.values()}

    def companies(self) -> set[str]:
        """Give the names of all organizations."""
        return {one["company"]["name"] for one in self.customers.values() if one["company"]}

    def newest(self) -> dict[str, str]:
        """Give the last change of each stream: where the final STATE must be."""
        streams = {"orders": self.orders, "customers": self.customers, "payments": self.payments}
        return {stream: max(row["updatedAt"] for row in rows.values()) for stream, rows in streams.items() if rows}

    def _expected(self, name: str, order: Row) -> Expected:
        customer = self.customers.get(order["customerId"] or "")
        return Expected(
            stage=STAGES[order["status"]],
            total=f"{order['totalAmount']:.2f}",
            tracking=order["trackingNumber"],
            person=order["email"],
            company=customer["company"]["name"] if customer and customer["company"] else None,
            status_comments=self._status_comments[name],
            payment_comments=self._payment_comments[name],
        )

    def _some(self, names: list[str], most: int) -> list[str]:
        return self._chance.sample(names, min(len(names), most))

    def _stamp(self) -> str:
        self._now += timedelta(seconds=self._chance.randint(1, 40))
        return self._now.isoformat().replace("+00:00", "Z")

    def _sell(self, number: int) -> list[Row]:
        name, kind = str(number), number % 5
        buyer = None if kind in {3, 4} else self._buyer(f"C-{number % 17}")
        email = buyer["email"] if buyer else f"guest{number}@gmail.com" if kind == 3 else None
        company = buyer["company"]["name"] if buyer and buyer["company"] else None
        address = ADDRESS | {"name": "Ada Lovelace", "company": company}
        order = copy.deepcopy(ORDER) | {
            "orderId": name,
            "orderNumber": f"SO-{name}",
            "customerId": buyer["customerId"] if buyer else None,
            "email": email,
            "totalAmount": 12000 + number % 100 if number % 7 == 0 else 100 + number % 100,
            "billingAddress": address,
            "shippingAddress": address,
            "orderDate": self._stamp(),
            "updatedAt": self._stamp(),
        }
        self.orders[name] = order
        rows = [row("orders", order)]
        if number % 3 == 0:
            payment = {"paymentId": f"PAY-{name}", "orderId": name, "status": "authorized", "amount": number % 1000}
            self.payments[name] = copy.deepcopy(PAYMENT) | payment
            rows.append(self._paid(name))
        return [row("customers", buyer), *rows] if buyer else rows

    def _buyer(self, name: str) -> Row:
        if name not in self.customers:
            number = int(name[2:])
            domain = None if number % 4 == 0 else f"company{number % 6}.example"
            known_as = number if number % 4 == 0 else number % 6
            company = {"companyId": f"CO-{known_as}-{domain}", "name": f"Company {known_as} {domain}", "domain": domain}
            email = f"buyer{number}@{domain or 'gmail.com'}"
            values = {"customerId": name, "email": email, "company": None if number % 5 == 0 else company}
            self.customers[name] = copy.deepcopy(CUSTOMER) | values | {"updatedAt": self._stamp()}
        return self.customers[name]

    def _move(self, name: str) -> Row:
        order = self.orders[name]
        order["status"] = self._chance.choice(NEXT[order["status"]])
        if order["status"] == "shipped":
            order["trackingNumber"] = f"1Z{name}-{order['version']}"
        order.update(updatedAt=self._stamp(), version=order["version"] + 1)
        self._status_comments[name].append(f"Order status changed to {order['status']}")
        return row("orders", order)

    def _pay(self, name: str) -> Row:
        payment = self.payments.get(name)
        if payment is None or payment["status"] not in PAYMENT_NEXT:
            return {}
        payment["status"] = PAYMENT_NEXT[payment["status"]]
        return self._paid(name)

    def _paid(self, name: str) -> Row:
        payment = self.payments[name]
        payment["updatedAt"] = self._stamp()
        said = f"{PAYMENTS[payment['status']]}: {payment['amount']:.2f} USD, card …4242"
        self._payment_comments[name].append(said)
        return row("payments", payment)

    def _edit(self, name: str) -> Row:
        customer = self.customers[name]
        number = customer["version"] + 1
        customer.update(lastName=f"Byron-{number}", updatedAt=self._stamp(), version=number)
        return row("customers", customer)
