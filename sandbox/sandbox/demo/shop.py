"""The demo shop as records of the Clarity API, the same every time."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sandbox.demo.chance import Chance
from sandbox.demo.orders import orders
from sandbox.demo.paying import invoice, payments
from sandbox.demo.people import OPENED, customers
from sandbox.demo.story import LAST_DAY, RECALL, WOBBLY, events
from sandbox.demo.tables import Row, filled, read

Record = dict[str, Any]

SEED = 2026


def demo_records() -> Iterator[tuple[str, Record]]:
    """All records with the plural of their kind, those that others refer to first."""
    chance = Chance(SEED)
    products, people = [_product(row) for row in read("products")], customers()
    everybody = [person["customerId"] for person in people if not person["mergedIntoCustomerId"]]
    sold = list(orders(chance, events(chance, everybody), people, products))
    _touch(people, sold)
    yield from (("products", product) for product in products)
    yield from (("customers", person) for person in people)
    yield from (("orders", order) for order in sold)
    yield from (("payments", payment) for order in sold for payment in payments(order))
    invoices = (invoice(number, order) for number, order in enumerate(sold, 1))
    yield from (("invoices", found) for found in invoices if found)


def _product(row: Row) -> Record:
    withdrawn = row["productId"] == WOBBLY
    return {
        "productId": row["productId"],
        "sku": row["sku"],
        "name": row["name"],
        "description": filled(row["description"]),
        "category": filled(row["category"]),
        "brand": filled(row["brand"]),
        "price": Decimal(row["price"]),
        "currency": "USD",
        "stockQuantity": int(row["stockQuantity"]),
        "isActive": row["isActive"] == "true",
        "createdAt": OPENED,
        "updatedAt": f"{RECALL:%Y-%m-%dT%H:%M:%S}Z" if withdrawn else OPENED,
        "version": 2 if withdrawn else 1,
    }


def _touch(people: list[Record], sold: list[Record]) -> None:
    """Every fourth customer changed something when they ordered last; one account was merged at the end."""
    last_order = {order["customerId"]: order["orderDate"] for order in sold}
    for number, person in enumerate(people):
        if person["mergedIntoCustomerId"]:
            person.update(updatedAt=f"{LAST_DAY:%Y-%m-%dT%H:%M:%S}Z", version=2)
        elif number % 4 == 0 and person["customerId"] in last_order:
            person.update(updatedAt=last_order[person["customerId"]], version=2)
