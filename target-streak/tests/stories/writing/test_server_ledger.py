"""A ledger on a server: killed at any moment, or two at once, everything arrives, and nothing twice."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

ORDERS = 25
SEED = int(os.environ.get("KILL_SEED", "7"))
KILLS = int(os.environ.get("KILLS", "4"))


def orders(shop: Any) -> list[Any]:
    messages = []
    for number in range(ORDERS):
        company = f"K{number % 7}"
        messages += [
            shop.organization(
                company, name=f"Company {company}", domains=[] if number % 7 == 0 else [f"{company}.test"]
            ),
            shop.contact(f"C{number}", emailAddresses=[f"c{number}@{company}.test"], organizationExternalIds=[company]),
            shop.box(number, contactExternalIds=[f"C{number}"], organizationExternalIds=[company]),
            shop.task(number),
            shop.comment(number, f"payment:{number}"),
        ]
    return messages


def test_kills_lose_and_double_nothing(shop: Any) -> None:
    shop.run(shop.box(999))  # the fields are there
    shop.sandbox.limits(latency_ms=10)
    chance = random.Random(SEED)  # noqa: S311  # repeatable, not secret
    lines = shop.lines(*orders(shop), {"type": "STATE", "value": {"done": True}})
    ended = shop.killed(lines, (chance.uniform(0.7, 1.4) for _ in range(KILLS)), request_timeout=5)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"done": True}
    assert_each_once(shop)


def test_two_runs_at_once_make_no_double(shop: Any) -> None:
    shop.run(shop.box(999))
    shop.sandbox.limits(latency_ms=10)
    ended = shop.twice_at_once(shop.lines(*orders(shop), {"type": "STATE", "value": {"done": True}}))
    assert [json.loads(out) for out, _ in ended] == [{"done": True}] * 2, ended
    assert_each_once(shop)


def assert_each_once(shop: Any) -> None:
    names = {"boxes": "name", "tasks": "text", "organizations": "name", "contacts": "emailAddresses"}
    for stream, name in names.items():
        found = Counter(str(one[name]) for one in shop.stored(stream))
        assert set(found.values()) == {1}, (stream, found)
        assert len(found) == {"boxes": ORDERS + 1, "tasks": ORDERS, "organizations": 7, "contacts": ORDERS}[stream]
    assert Counter(Counter(one["boxKey"] for one in shop.stored("comments")).values()) == {1: ORDERS}
    boxes = [box for box in shop.stored("boxes") if box["name"] != "Order 100999"]
    assert all(len(box["contacts"]) == len(box["organizations"]) == 1 for box in boxes)
    assert all(len(contact["orgLinks"]) == 1 for contact in shop.stored("contacts"))
    with shop.ledger() as ledger:
        assert ledger.dead_letters.all() == []
