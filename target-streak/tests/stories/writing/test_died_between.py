"""A request took effect and the ledger never heard of it: what it wrote is no person's edit."""

from __future__ import annotations

from typing import Any

import pytest

DAYS = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 8)]
REVOKED = {"do": "status", "status": 401, "body": {"success": False, "error": "no access to this resource"}}


@pytest.fixture(params=["source", "target"])
def shop_and_reps(shop: Any, request: pytest.FixtureRequest) -> Any:
    """The stage is shared, and either side may own it."""
    shop.sync["boxes"]["stageName"] = {"shared": True, "owner": request.param}
    shop.settings["search_lag_seconds"] = 0.5
    shop.run(shop.box(9))
    return shop


def send_unheard(shop: Any, path: str, record: Any, *others: Any) -> None:
    """The write takes effect, but its answer never comes, however often it is sent."""
    lost = {"match": {"method": "POST", "path": path}, "do": "lost_answer"}
    shop.sandbox.faults([lost, *others])
    shop.shell(stdin=shop.lines(record, {"type": "STATE", "value": {"at": 1}}), retry_seconds=1)
    shop.sandbox.faults([])
    with shop.ledger() as ledger:
        assert [intent.external_id for intent in ledger.intents.abandoned()] == ["100001"]


def stage(shop: Any) -> str:
    (box,) = [one for one in shop.stored("boxes") if one["name"] == "Order 100001"]
    return str(shop.stage(box))


@pytest.mark.parametrize("meanwhile", ["Won", "New Order"])
def test_of_a_change(shop_and_reps: Any, meanwhile: str) -> None:
    shop = shop_and_reps
    shop.run(shop.box(at=DAYS[0]))
    send_unheard(shop, r"/boxes/[^/]+$", shop.box(stageName="Shipped", at=DAYS[1]))
    assert stage(shop) == "Shipped"
    ran = shop.run(shop.box(stageName=meanwhile, at=DAYS[2]))
    assert (stage(shop), ran.counts["conflicts"]) == (meanwhile, 0)
    assert shop.run(shop.box(stageName=meanwhile, at=DAYS[2])).calls == []


def test_of_a_new_record(shop_and_reps: Any) -> None:
    shop = shop_and_reps
    send_unheard(
        shop, "/boxes$", shop.box(stageName="Shipped", at=DAYS[1]), {"match": {"method": "GET"}, "after": 3, **REVOKED}
    )
    assert stage(shop) == "Shipped"
    ran = shop.run(shop.box(stageName="Won", at=DAYS[2]))
    assert (stage(shop), ran.counts["conflicts"], len(shop.stored("boxes"))) == ("Won", 0, 2)
    assert shop.run(shop.box(stageName="Won", at=DAYS[2])).calls == []


def test_and_a_person_s_edit_after_it_is_one(shop_and_reps: Any) -> None:
    shop = shop_and_reps
    shop.run(shop.box(at=DAYS[0]))
    send_unheard(shop, r"/boxes/[^/]+$", shop.box(stageName="Shipped", at=DAYS[1]))
    (box,) = [one for one in shop.stored("boxes") if one["name"] == "Order 100001"]
    shop.move("On Hold", box)
    ran = shop.run(shop.box(stageName="Won", at=DAYS[2]))
    kept = {"source": "Won", "target": "On Hold"}[shop.sync["boxes"]["stageName"]["owner"]]
    assert (stage(shop), ran.counts["conflicts"]) == (kept, 1)
