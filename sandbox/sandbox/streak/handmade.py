"""The demo: what the sales people have typed into `Key Accounts` before any order came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak import boxes, comments, contacts, fields, organizations, tasks
from sandbox.streak.call import Call
from sandbox.streak.people import new_user

if TYPE_CHECKING:
    from sandbox.streak.store import Record, Store

TIERS = ("Gold", "Silver", "Bronze")
DAY = 86_400_000
ORGANIZATION = {"name": "Alder & Finch Interiors", "domains": ["alderfinch.example"], "industry": "Retail"}
PEOPLE = (
    {
        "givenName": "Priya",
        "familyName": "Raman",
        "title": "Head of Purchasing",
        "emailAddresses": ["priya.raman@alderfinch.example"],
        "phoneNumbers": ["+1 312 555 0142"],
    },
    {"givenName": "Jonas", "emailAddresses": ["Jonas@Hofladen-Wendt.example"], "other": "met at the spring fair"},
)
DEALS: tuple[dict[str, Any], ...] = (  # name, rep, stage, notes, tier, people, organization
    {
        "name": "Alder & Finch – spring refit",
        "rep": "maya@sandbox-sales.example",
        "stage": "In Fulfillment",
        "notes": "Wants one invoice for all five shops. Ask for Priya, not the front desk.",
        "tier": "Gold",
        "people": [0],
        "organization": True,
    },
    {
        "name": "Hofladen Wendt",
        "rep": "lena@sandbox-sales.example",
        "stage": "New Order",
        "notes": "Small, but pays early.",
        "tier": "Bronze",
        "people": [1],
        "organization": False,
    },
    {
        "name": "Harbour Hotel Group (renewal?)",
        "rep": "tom@sandbox-sales.example",
        "stage": "On Hold",
        "notes": "",
        "tier": None,
        "people": [],
        "organization": False,
    },
)


def plant_handmade(store: Store, team: Record, pipeline: Record) -> None:
    """A field, three boxes, two contacts, an organization, a task and a comment."""
    maya = new_user(store, "maya@sandbox-sales.example")["key"]
    tiers = _tiers(store, maya, pipeline)
    firm = organizations.create(Call(store, maya, body=ORGANIZATION), team["key"])
    people = [contacts.create(Call(store, maya, body=person), team["key"]) for person in PEOPLE]
    contacts.update(Call(store, maya, body={"orgLinks": [{"key": firm["key"]}]}), people[0]["key"])
    made = [_deal(store, pipeline, deal, _links(deal, tiers, people, firm)) for deal in DEALS]
    call = {"text": "Call Priya about the delivery window", "dueDate": store.now() + 2 * DAY}
    tasks.create(Call(store, maya, body=call), made[0]["key"])
    note = {"message": "Priya confirmed the colours by phone."}
    comments.create(Call(store, maya, body=note), made[0]["key"])


def _tiers(store: Store, user: str, pipeline: Record) -> dict[str, str]:
    field = fields.new_field(store, pipeline, "Account Tier", "DROPDOWN")
    items = {"dropdownSettings": {"items": [{"name": tier} for tier in TIERS]}}
    fields.update(Call(store, user, body=items), pipeline["key"], field["key"])
    return {label: f"{field['key']}:{key}" for key, label in fields.options(field).items()}


def _links(deal: dict[str, Any], tiers: dict[str, str], people: list[Record], firm: Record) -> Record:
    field, _, option = tiers.get(deal["tier"], "").partition(":")
    return {
        "contacts": [{"key": people[number]["key"]} for number in deal["people"]],
        "organizations": [{"key": firm["key"]}] if deal["organization"] else [],
        "fields": {field: option} if field else {},
    }


def _deal(store: Store, pipeline: Record, deal: dict[str, Any], links: Record) -> Record:
    user = new_user(store, deal["rep"])["key"]
    stage = next(key for key, stage in pipeline["stages"].items() if stage["name"] == deal["stage"])
    body = {"name": deal["name"], "notes": deal["notes"], "stageKey": stage}
    box = boxes.create(Call(store, user, body=body | {"assignedToSharingEntries": [deal["rep"]]}), pipeline["key"])
    return boxes.update(Call(store, user, body=links), box["key"])
