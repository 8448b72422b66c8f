"""A dry run writes nothing anywhere but its plan."""

from __future__ import annotations

import json
import stat
from typing import Any


def test_a_dry_run_shows_what_would_be_written(shop: Any, tmp_path: Any) -> None:
    before = shop.sandbox.snapshot()
    plan = tmp_path / "plan.jsonl"
    links = {"contactExternalIds": ["C1"], "organizationExternalIds": ["K1"], "contactEmails": ["new@x.example"]}
    ran = shop.run(
        shop.organization(),
        shop.contact(organizationExternalIds=["K1"]),
        shop.box(**links),
        shop.task(),
        dry_run=True,
        dry_run_file=str(plan),
    )
    assert shop.sandbox.snapshot() == before
    assert ran.writes == []
    assert ran.states == []
    assert not (tmp_path / "ledger.db").exists()
    assert {name: counts["created"] for name, counts in ran.counts["streams"].items()} == dict.fromkeys(
        ("boxes", "contacts", "organizations", "tasks"), 1
    )
    planned = [json.loads(line) for line in plan.read_text().splitlines()]
    assert {one["path"].split("/")[-1] for one in planned} >= {"boxes", "contacts", "organizations", "tasks"}
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    assert "dry run finished" in ran.log


def test_a_dry_run_knows_what_is_there(shop: Any, tmp_path: Any) -> None:
    everything = (shop.contact(), shop.box(contactExternalIds=["C1"]), shop.task())
    shop.run(*everything)
    ledger = (tmp_path / "ledger.db").read_bytes()
    before = shop.sandbox.snapshot()
    again = shop.run(*everything, dry_run=True)
    assert again.counts["streams"] == {one: {"unchanged": 1} for one in ("boxes", "contacts", "tasks")}
    moved = shop.run(shop.box(stageName="Shipped", at="2026-03-03T12:00:00Z"), dry_run=True)
    assert moved.counts["streams"] == {"boxes": {"updated": 1}}
    assert "1 writes planned" in moved.log
    assert (tmp_path / "ledger.db").read_bytes() == ledger
    assert shop.sandbox.snapshot() == before


def test_a_dry_run_promises_nothing_and_points_at_nothing(shop: Any, tmp_path: Any) -> None:
    shop.run(shop.box())
    shop.move("On Hold")
    moved = shop.box(stageName="Shipped", at="2026-03-03T12:00:00Z")
    assert "both sides had changed 1, a dry run keeps none of it" in shop.run(moved, dry_run=True).log
    empty = shop.run(moved, dry_run=True, ledger_url=f"sqlite:///{tmp_path}/empty.db")
    assert "1 boxes that were there already would be kept in step from then on" in empty.log


def test_people_who_are_there_are_found_from_the_lists(shop: Any) -> None:
    team = shop.stored("teams")[0]["key"]
    shop.person("POST", f"/v2/teams/{team}/contacts", {"givenName": "Ada", "emailAddresses": ["ada@acme.example"]})
    ran = shop.run(shop.contact(givenName="Ada", familyName="Lovelace"), dry_run=True)
    assert ran.counts["streams"] == {"contacts": {"updated": 1}}
