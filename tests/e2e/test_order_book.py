"""A real order book of 830 orders, through Meltano: nothing lost, nothing doubled, not a cent off.

Set ORDER_BOOK to a file of lines for the sandbox's bulk load; without it these stories are skipped.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from crm import Crm

if TYPE_CHECKING:
    from running import Meltano

BOOK = os.environ.get("ORDER_BOOK", "")
RUN = ("run", "tap-clarity", "mapper", "target-streak")

pytestmark = pytest.mark.skipif(not BOOK, reason="ORDER_BOOK names no order book")


@pytest.fixture
def book() -> list[dict[str, Any]]:
    """The lines of the order book."""
    return [json.loads(line, parse_float=Decimal) for line in Path(BOOK).read_text().splitlines()]


def test_the_whole_book_arrives_stays_quiet_and_follows_ten_changes(
    meltano: Meltano, book: list[dict[str, Any]]
) -> None:
    meltano.settings["TARGET_STREAK_EFFECTS_SINCE"] = "1998-06-01T00:00:00Z"
    meltano.sandbox.load(book)
    log = meltano(*RUN).log
    crm = Crm(meltano.sandbox.snapshot())
    _all_is_there(crm, book)
    _reps_are_named_once(log, book)
    _a_second_run_writes_nothing(meltano)
    _ten_changes_are_ten_moves(meltano, crm)


def _all_is_there(crm: Crm, book: list[dict[str, Any]]) -> None:
    boxes = crm.boxes
    assert len(boxes) == len({box["fields"]["Order ID"] for box in boxes}) == 830
    assert len({contact["key"] for box in boxes for contact in box["contacts"]}) == 89
    assert sum(Decimal(box["fields"]["Total"]) for box in boxes) == Decimal("1330735.70")
    stages = [box["stage"] for box in boxes]
    assert (stages.count("Shipped"), stages.count("New Order")) == (809, 21)
    assert crm.streak["tasks"] == crm.streak["comments"] == []
    companies = {row["record"]["company"]["name"].strip() for row in book if row["type"] == "customers"}
    assert {organization["name"] for organization in crm.organizations.values()} == companies


def _reps_are_named_once(log: str, book: list[dict[str, Any]]) -> None:
    reps = {row["record"]["salesRepEmail"] for row in book if row["type"] == "orders"}
    said = [line for line in log.splitlines() if "no member" in line]
    assert len(said) == len(reps)


def _a_second_run_writes_nothing(meltano: Meltano) -> None:
    meltano.sandbox.clear_requests()
    log = meltano(*RUN).log
    assert [call for call in meltano.sandbox.requests("streak") if call["method"] != "GET"] == []
    assert "nothing to write" in log


def _ten_changes_are_ten_moves(meltano: Meltano, before: Crm) -> None:
    shop = requests.Session()
    shop.headers["X-API-Key"] = meltano.sandbox.clarity_key
    changed = [box["fields"]["Order ID"] for box in before.boxes if box["stage"] == "Shipped"][:10]
    for order_id in changed:
        url = f"{meltano.sandbox.clarity_url}/orders/{order_id}"
        assert shop.patch(url, json={"status": "completed"}, timeout=10).status_code == 200
    shop.close()
    meltano(*RUN)
    after = Crm(meltano.sandbox.snapshot())
    moved = {box["fields"]["Order ID"] for box in after.boxes if box["stage"] == "Won"}
    assert moved == set(changed)
    assert [box["comments"] for box in after.boxes if box["stage"] == "Won"] == [
        ["Order status changed to completed"]
    ] * 10
    assert len(after.streak["comments"]) == 10
