"""What must hold when a world is at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import NAMES
from shop import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from daily_work import DailyWork
    from diary import Edit

BOX_IS_GONE = "its box was deleted in Streak"


def broken(world: DailyWork, letters: Iterable[str]) -> Iterator[str]:
    """Say what does not hold."""
    gone = {BOX_IS_GONE} if world.deleted else set()
    yield from (f"a record is set aside: {reason}" for reason in letters if reason not in gone)
    yield from (f"order {name} has two boxes" for name in world.team.doubles)
    yield from (f"the deleted box of {name} is back" for name in world.deleted & set(world.team.boxes))
    for name, order in world.shop.orders.items():
        if name not in world.deleted:
            yield from _order(world, name, order)
    for name, customer in world.shop.customers.items():
        yield from _customer(world, name, customer)
    _count_last_words(world)


def _order(world: DailyWork, name: str, order: dict[str, Any]) -> Iterator[str]:
    box = world.team.boxes.get(name)
    if box is None:
        yield f"order {name} has no box"
        return
    if world.team.stage(box) != STAGES[order["status"]]:
        yield f"order {name} is {order['status']}, its box {world.team.stage(box)}"
    tracking = world.team.field(box, "Tracking Number")
    if (order.get("trackingNumber") or "") != (tracking or ""):
        yield f"order {name} is tracked as {order.get('trackingNumber')}, its box as {tracking}"
    if name in world.cleared and world.team.field(box, "PO Number"):
        yield f"the PO number of {name} that a rep cleared is back"


def _customer(world: DailyWork, name: str, customer: dict[str, Any]) -> Iterator[str]:
    contact = world.team.contacts.get(customer["email"])
    if contact is None:
        yield f"customer {name} has no contact"
        return
    for ours, theirs in NAMES.items():
        if (customer.get(ours) or "") != (contact.get(theirs) or ""):
            yield f"customer {name}: {ours} is {customer.get(ours)}, in the CRM {contact.get(theirs)}"


def _count_last_words(world: DailyWork) -> None:
    """Count those that nobody contradicted, and those of them that are there."""
    for edit, alone in world.diary.last_words():
        if alone and edit.thing not in world.deleted:
            world.tally.alone += 1
            there = found(world, edit)
            if edit.value in there:
                world.tally.kept += 1
            else:
                lost = f"{edit.thing}: {edit.side} set {edit.name} to {edit.value} at {edit.made}, there is {there}"
                world.tally.lost.append(lost)
                world.say(f"LOST: {lost}")


def found(world: DailyWork, edit: Edit) -> list[Any]:
    """What the other side has of an edit."""
    order, customer = world.shop.orders.get(edit.thing), world.shop.customers.get(edit.thing)
    there: dict[str, list[Any]]
    here: dict[str, list[Any]]
    if order is not None:
        if (box := world.team.boxes.get(edit.thing)) is None:
            return []
        stage = [status for status, stage in STAGES.items() if stage == world.team.stage(box)]
        there = {
            "status": stage,
            "customerNote": [box.get("notes")],
            "salesRepEmail": [one["email"] for one in box["assignedToSharingEntries"]],
            "trackingNumber": [world.team.field(box, "Tracking Number")],
        }
        here = {"status": [STAGES[order["status"]]], "trackingNumber": [order["trackingNumber"]]}
    else:
        contact = world.team.contacts.get(customer["email"], {}) if customer else {}
        there = {ours: [contact.get(theirs)] for ours, theirs in NAMES.items()}
        there["phone"] = [_spaced(one) for one in contact.get("phoneNumbers") or []]
        here = {name: [(customer or {}).get(name)] for name in NAMES}
        here["phone"] = [_spaced((customer or {}).get("phone"))]
    return (there if edit.side == "shop" else here)[edit.name]


def _spaced(number: Any) -> str:
    """A number as people in these worlds write it."""
    digits = "".join(filter(str.isdigit, str(number)))
    return f"+{digits[0]} {digits[1:4]} {digits[4:7]} {digits[7:]}" if len(digits) == 11 else str(number)
