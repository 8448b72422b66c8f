"""What happened in the demo shop's year: which orders came, and how each ended.

The shop opened on 2025-11-21, a Friday before a long week of discounts. Harbor Robotics began with a drill and ended
as the key account. The bench vise VISE-80 wobbled: in May 2026 it was withdrawn, and what had been sold since March was
refunded, whole or in part. In August a supplier was on strike and orders were cancelled. In November 2026 a pickup
counter opened, with an order status that nobody had told the sales team about. The story ends on 2026-11-20.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.demo.chance import Chance

OPENED = dt.datetime(2025, 11, 21, 9, 0, tzinfo=dt.UTC)
LAST_DAY = dt.datetime(2026, 11, 20, 17, 0, tzinfo=dt.UTC)
RECALL = dt.datetime(2026, 5, 11, 8, 0, tzinfo=dt.UTC)
WOBBLY = "P-102"

KEY_ACCOUNT = ("C-801", "C-802")
REGULARS = ("C-805", "C-807", "C-809", "C-811", "C-816", "C-818", "C-819", "C-825", "C-827", "C-832", "C-840", "C-849")
LATE_BUYERS = ("C-812", "C-817", "C-821", "C-833", "C-837", "C-843", "C-847", "C-851", "C-862", "C-874", "C-886")
DISCOUNT_DAYS = (dt.date(2025, 11, 28), dt.date(2025, 12, 1))


@dataclass(frozen=True, slots=True)
class Event:
    """One order that came: who ordered (None: a guest), when, how it ended, and what is special about it."""

    at: dt.datetime
    customer: str | None
    status: str
    special: str = ""


def events(chance: Chance, everybody: list[str]) -> list[Event]:
    """All orders of the year, oldest first."""
    told = [
        *_opening(chance),
        *_first_orders(chance, everybody),
        *_regular_orders(chance),
        *_key_account(chance),
        *_guests(chance),
        *_recalled(chance),
        *_strike(chance),
        *_latest(chance),
        *_oddities(),
    ]
    return sorted(told, key=lambda event: event.at)


def _old_status(chance: Chance, at: dt.datetime) -> str:
    if at > LAST_DAY - dt.timedelta(days=14):
        return chance.weighted([("shipped", 5), ("processing", 3), ("confirmed", 2), ("on_hold", 1)])
    if at > LAST_DAY - dt.timedelta(days=45):
        return chance.weighted([("completed", 5), ("shipped", 6), ("on_hold", 1), ("cancelled", 1)])
    return chance.weighted([("completed", 40), ("shipped", 3), ("cancelled", 3), ("refunded", 2)])


def _moment(chance: Chance, first_day: int, last_day: int) -> dt.datetime:
    day = OPENED + dt.timedelta(days=chance.number(first_day, last_day))
    return day.replace(hour=chance.number(6, 21), minute=chance.number(0, 59), second=chance.number(0, 59))


def _opening(chance: Chance) -> Iterator[Event]:
    for customer in ("C-840", *REGULARS[:9], "C-840", "C-802"):
        at = _moment(chance, 0, 12)
        yield Event(at, customer, _old_status(chance, at))


def _first_orders(chance: Chance, everybody: list[str]) -> Iterator[Event]:
    for customer in everybody:
        at = _moment(chance, 0, 340)
        yield Event(at, customer, _old_status(chance, at))


def _regular_orders(chance: Chance) -> Iterator[Event]:
    for customer in REGULARS:
        for _ in range(chance.number(4, 7)):
            at = _moment(chance, 5, 355)
            yield Event(at, customer, _old_status(chance, at))


def _key_account(chance: Chance) -> Iterator[Event]:
    for month in range(12):
        at = _moment(chance, month * 30, month * 30 + 20)
        yield Event(at, KEY_ACCOUNT[month % 2], _old_status(chance, at), "bulk" if month > 3 else "")


def _guests(chance: Chance) -> Iterator[Event]:
    for number in range(26):
        at = _moment(chance, number * 13, number * 13 + 12)
        yield Event(at, None, _old_status(chance, at), "no e-mail" if number % 4 == 3 else "")


def _recalled(chance: Chance) -> Iterator[Event]:
    buyers = ("C-806", "C-813", "C-824", "C-829", "C-842", "C-856", "C-865", "C-868", "C-873", "C-884")
    for number, customer in enumerate(buyers):
        status, special = ("refunded", "recall") if number % 2 else ("completed", "recall, partly")
        yield Event(_moment(chance, 105, 160), customer, status, special)


def _strike(chance: Chance) -> Iterator[Event]:
    for customer in ("C-810", "C-814", "C-820", "C-828", "C-838", "C-844", "C-858", "C-866", "C-876"):
        yield Event(_moment(chance, 255, 275), customer, "cancelled", "strike")


def _latest(chance: Chance) -> Iterator[Event]:
    statuses = ("pending", "confirmed", "processing", "pending", "on_hold", "confirmed", "pending", "shipped")
    for number, customer in enumerate(LATE_BUYERS):
        yield Event(_moment(chance, 360, 363), customer, statuses[number % len(statuses)])


def _oddities() -> Iterator[Event]:
    def day(month: int, date: int, hour: int) -> dt.datetime:
        return dt.datetime(2026, month, date, hour, 30, tzinfo=dt.UTC)

    yield Event(day(1, 7, 10), None, "completed", "test")
    yield Event(day(4, 2, 11), None, "pending", "test")
    yield Event(day(9, 15, 12), None, "shipped", "test")
    yield Event(day(11, 17, 10), None, "awaiting_pickup", "pickup")
    yield Event(day(11, 18, 15), "C-890", "awaiting_pickup", "pickup")
    yield Event(day(11, 19, 9), None, "pending", "guest with a known e-mail")
    yield Event(day(11, 19, 11), "C-840", "confirmed", "sent elsewhere")
    yield Event(day(11, 20, 16), "C-801", "pending", "bulk")
