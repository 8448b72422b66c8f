"""What the Streak side holds at first: the team, its pipelines and, in the demo, work done by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.streak.api_keys import new_api_key
from sandbox.streak.handmade import plant_handmade
from sandbox.streak.people import new_user
from sandbox.streak.pipelines import new_pipeline
from sandbox.streak.teams import new_team

if TYPE_CHECKING:
    from sandbox.streak.store import Store

TEAM = "Sandbox Sales"
ROBOT = ("robot@sandbox-sales.example", "Order Robot")
MEMBERS = (
    ("maya@sandbox-sales.example", "Maya Lindqvist"),
    ("tom@sandbox-sales.example", "Tom Okafor"),
    ("lena@sandbox-sales.example", "Lena Brandt"),
)
PIPELINES = ("Web Orders", "Key Accounts")
STAGES = ("New Order", "In Fulfillment", "On Hold", "Shipped", "Won", "Lost", "Refunded")


def plant(store: Store, seed: str) -> None:
    """Empty the store, then hold the seed `empty` or `demo`."""
    store.clear()
    robot = new_user(store, *ROBOT)
    people = [{"email": email, "fullName": name} for email, name in MEMBERS]
    team = new_team(store, TEAM, robot["key"], people, "Accepted")
    new_api_key(store, robot["key"])
    made = [new_pipeline(store, robot["key"], {"name": name, "teamKey": team["key"]}, STAGES) for name in PIPELINES]
    if seed == "demo":
        plant_handmade(store, team, made[1])
