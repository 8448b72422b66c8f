"""What must hold when a world is at rest.

Anywhere: no record is set aside, no order has two boxes, what was deleted stays deleted; status and stage, tracking
number and names agree; a further round writes nothing; the last word that nobody contradicted is there.

merges    Two runs after a contact or an organization was merged, split or deleted no dead letter stands. A new order of
          who was struck links the living contact with its address and the living organization with its domain, and
          there is one of each. What one contact of two customers is called is not judged.
shops     No run of one shop touches a record that another one's runs have made, in the CRM or in the other shop. In
          pipelines that are the other shop's a run may refuse instead, and has written nothing then.
cleared   Every box has its own order's id again once the shop went on with the order; until then the way back finds it.
backups   What a shop says after it came back from a copy is its word, as any other.
ledgers   With the ledger of a copy, runs over a world at rest change nothing; a value that is sent again and stays is
          no breach.
bent      The same as anywhere; what an API does not take at all (OUT_OF_REACH) is told by a dead letter instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import NAMES
from shop import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from daily_work import DailyWork
    from diary import Edit
    from people import Shop, Team

BOX_IS_GONE = "its box was deleted in Streak"
FREE_MAIL = frozenset({"gmail.com"})
OUT_OF_REACH: dict[tuple[tuple[str, Any], ...], frozenset[str]] = {
    (("update_assignees", "dropped"),): frozenset({"salesRepEmail"}),
    (("update_fields", "dropped"), ("field_values", "dropped")): frozenset({"trackingNumber"}),
    (("update_fields", "refused"), ("field_values", "dropped")): frozenset({"trackingNumber"}),
    (("party_updates", "dropped"),): frozenset({*NAMES, "phone"}),
}
"""By bends that are in force together: the properties which no call can write then."""


def broken(world: DailyWork, letters: Iterable[str]) -> Iterator[str]:
    """Say what does not hold."""
    yield from (f"a record is set aside: {reason}" for reason in unsettled(world, letters))
    yield from (f"order {name} has two boxes" for name in world.team.doubles)
    yield from (f"the deleted box of {name} is back" for name in world.deleted & set(world.team.boxes))
    for name, order in world.shop.orders.items():
        if name not in world.deleted:
            yield from _order(world, name, order)
    for name, customer in world.shop.customers.items():
        if name not in world.unjudged:
            yield from _customer(world, name, customer)
    _count_last_words(world)


def unsettled(world: DailyWork, letters: Iterable[str]) -> list[str]:
    """The reasons of dead letters that nothing which people did explains."""
    gone = {BOX_IS_GONE} if world.deleted else set()
    return [reason for reason in letters if reason not in gone]


def _order(world: DailyWork, name: str, order: dict[str, Any]) -> Iterator[str]:
    box = world.team.boxes.get(name)
    if box is None:
        yield f"order {name} has no box"
        return
    if world.team.stage(box) != STAGES[order["status"]]:
        yield f"order {name} is {order['status']}, its box {world.team.stage(box)}"
    tracking = world.team.field(box, "Tracking Number")
    if "trackingNumber" not in world.unwritable and (order.get("trackingNumber") or "") != (tracking or ""):
        yield f"order {name} is tracked as {order.get('trackingNumber')}, its box as {tracking}"
    if name in world.cleared and world.team.field(box, "PO Number"):
        yield f"the PO number of {name} that a rep cleared is back"


def _customer(world: DailyWork, name: str, customer: dict[str, Any]) -> Iterator[str]:
    contact = world.team.contacts.get(customer["email"])
    if contact is None:
        yield f"customer {name} has no contact"
        return
    for ours, theirs in NAMES.items():
        if ours not in world.unwritable and (customer.get(ours) or "") != (contact.get(theirs) or ""):
            yield f"customer {name}: {ours} is {customer.get(ours)}, in the CRM {contact.get(theirs)}"


def _count_last_words(world: DailyWork) -> None:
    """Count those that nobody contradicted, and those of them that are there."""
    for edit, alone in world.diary.last_words():
        reached = edit.side == "crm" or edit.name not in world.unwritable
        if alone and reached and edit.thing not in world.deleted | world.unjudged:
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


def relinked(shop: Shop, team: Team, orders: Iterable[str]) -> Iterator[str]:
    """New orders link the living: one contact with the address, one organization with the domain."""
    for name in orders:
        email = shop.orders[name]["email"]
        if (box := team.boxes.get(name)) is None:
            continue  # told as an order without a box
        contacts = [one["key"] for one in team.people if email in one["emailAddresses"]]
        yield from _linked(f"order {name} of {email}", "contacts", box, contacts)
        if (domain := email.partition("@")[2]) not in FREE_MAIL:
            companies = [one["key"] for one in team.organizations if domain in one["normalizedDomains"]]
            yield from _linked(f"order {name} of {domain}", "organizations", box, companies)


def _linked(who: str, noun: str, box: dict[str, Any], known: list[str]) -> Iterator[str]:
    links = [link["key"] for link in box.get(noun) or []]
    if len(known) != 1:
        yield f"{who}: there are {len(known)} {noun}"
    if not set(known) & set(links):
        yield f"{who}: its box links {len(links)} {noun}, none of them the living one"


def identified(team: Team, deleted: set[str]) -> Iterator[str]:
    """Every box has its own order's id."""
    for name, box in team.boxes.items():
        if name not in deleted and str(team.field(box, "Order ID")) != name:
            yield f"the box of order {name} has the order id {team.field(box, 'Order ID')!r}"


def out_of_reach(bends: dict[str, Any]) -> set[str]:
    """The properties that no call can write under these bends."""
    return {name for together, names in OUT_OF_REACH.items() if set(together) <= set(bends.items()) for name in names}


def _spaced(number: Any) -> str:
    """A number as people in these worlds write it."""
    digits = "".join(filter(str.isdigit, str(number)))
    return f"+{digits[0]} {digits[1:4]} {digits[4:7]} {digits[7:]}" if len(digits) == 11 else str(number)
