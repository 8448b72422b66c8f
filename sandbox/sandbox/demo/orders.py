"""The demo shop's orders, made from the story's events."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sandbox.demo import money, paying
from sandbox.demo.chance import Chance
from sandbox.demo.people import REPS
from sandbox.demo.story import DISCOUNT_DAYS, LAST_DAY, RECALL, Event

Record = dict[str, Any]

FIRST_NUMBER = 100_001
STEPS = {
    "pending": (),
    "confirmed": ("2h",),
    "processing": ("2h", "20h"),
    "on_hold": ("2h", "30h"),
    "awaiting_pickup": ("2h", "18h"),
    "shipped": ("2h", "20h", "52h"),
    "completed": ("2h", "20h", "52h", "200h"),
    "cancelled": ("2h", "70h"),
    "refunded": ("2h", "20h", "52h", "260h"),
}
GUEST_PLACES = (
    ("US", "MN", "55401", "Minneapolis", "250 Marquette Avenue"),
    ("DE", None, "20095", "Hamburg", "Mönckebergstraße 7"),
    ("GB", None, "EH1 1YZ", "Edinburgh", "12 Royal Mile"),
    ("US", "TN", "37201", "Nashville", "100 2nd Avenue N"),
    ("AT", None, "1010", "Wien", "Graben 19"),
    ("CA", "ON", "M5H 2N2", "Toronto", "100 Queen Street W"),
)
GUEST_NAMES = ("Chris Passerby", "Håkon Tilfeldig", "María José Paso", "  Lee Chance ", "D'Arcy Stray", "Noah Buddy")
NOTES = (
    None,
    None,
    None,
    "Please ring twice.",
    "Leave it with the neighbours – Käthe, 2nd floor, thank you!",
    "Invoice to accounting,\nnot in the parcel.",
)


def orders(chance: Chance, events: list[Event], people: list[Record], products: list[Record]) -> Iterator[Record]:
    """One order for each event, numbered by date."""
    known = {person["customerId"]: person for person in people}
    for number, event in enumerate(events, FIRST_NUMBER):
        yield _order(chance, number, event, known.get(event.customer or ""), products)


def _order(chance: Chance, number: int, event: Event, person: Record | None, products: list[Record]) -> Record:
    billing = _billing(number, event, person)
    country = billing["country"]
    lines = money.line_items(chance, event, products, money.currency_of(country))
    discounted = event.at.date() in DISCOUNT_DAYS or chance.share(0.08)
    order = {
        "orderId": str(number),
        "orderNumber": f"SO-{number}",
        "customerId": event.customer,
        "email": _email(number, event, person),
        "orderDate": _iso(event.at),
        "updatedAt": _iso(_changed(event)),
        "version": 1 + len(STEPS[event.status]),
        "status": event.status,
        "currency": money.currency_of(country),
        **money.amounts(lines, country, discounted=discounted),
        "purchaseOrderNumber": f"PO-{number % 9000 + 1000}" if person and person["company"] else None,
        "trackingNumber": f"TRK{number * 7919}" if event.status in ("shipped", "completed", "refunded") else None,
        "salesRepEmail": _rep(chance, person),
        "customerNote": chance.pick(NOTES),
        "isTest": event.special == "test",
        "shippingAddress": _shipping(event, billing),
        "billingAddress": billing,
        "lineItems": lines,
    }
    order["paymentInfo"] = paying.payment_info(chance, order, has_account=bool(person and person["company"]))
    if event.special == "no e-mail" and number % 2:
        del order["email"]
    return order


def _billing(number: int, event: Event, person: Record | None) -> Record:
    if person:
        return {name: value for name, value in person["addresses"][0].items() if name not in ("type", "isDefault")}
    country, region, postal_code, city, line1 = GUEST_PLACES[number % len(GUEST_PLACES)]
    return {
        "name": "Test Test" if event.special == "test" else GUEST_NAMES[number % len(GUEST_NAMES)],
        "company": None,
        "line1": line1,
        "line2": None,
        "city": city,
        "region": region,
        "postalCode": postal_code,
        "country": country,
        "phone": f"+1 555 01{number % 100:02d}" if number % 3 else None,
    }


def _shipping(event: Event, billing: Record) -> Record:
    if event.special != "sent elsewhere":
        return billing
    elsewhere = {"name": "Grandma Tinker", "line1": "7 Elm Row", "line2": None, "city": "Salem", "postalCode": "97301"}
    return {**billing, **elsewhere, "phone": None}


def _email(number: int, event: Event, person: Record | None) -> str | None:
    if event.special == "guest with a known e-mail":
        return " Ada@HarborRobotics.example "
    if event.special == "no e-mail":
        return None
    if event.special == "test":
        return "qa@clarity-shop.example"
    return person["email"] if person else f"guest.{number}@passing-by.example"


def _rep(chance: Chance, person: Record | None) -> str | None:
    if person and person["salesRepEmail"]:
        return str(person["salesRepEmail"])
    return f"{chance.pick(('maya', 'tom', 'lena'))}@{REPS}" if person and chance.share(0.2) else None


def _changed(event: Event) -> dt.datetime:
    if event.special.startswith("recall"):
        return RECALL + (event.at - event.at.replace(hour=0))
    hours = [int(step.removesuffix("h")) for step in STEPS[event.status]]
    jitter = dt.timedelta(minutes=event.at.minute, seconds=event.at.second)
    return min(event.at + dt.timedelta(hours=max(hours, default=0)) + jitter, LAST_DAY + jitter)


def _iso(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
