"""HTTP as it is: whatever goes wrong on the way, each order arrives once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"do": "429", "retry_after": 1},
    "500 as HTML": {"do": "html500"},
    "503": {"do": "status", "status": 503},
    "answer lost": {"do": "lost_answer"},
    "reset": {"do": "reset"},
    "truncated": {"do": "truncate"},
}
MIXED = [{"rate": 0.05, **fault} for name, fault in FAULTS.items() if name != "429"] + [{"rate": 0.01, "do": "429"}]


def orders(shop: Any, count: int) -> list[Any]:
    messages = []
    for number in range(count):
        messages += [
            shop.organization(f"K{number % 3}", name=f"Company {number % 3}", domains=[f"k{number % 3}.test"]),
            shop.contact(
                f"C{number}", emailAddresses=[f"c{number}@k.test"], organizationExternalIds=[f"K{number % 3}"]
            ),
            shop.box(number, contactExternalIds=[f"C{number}"], organizationExternalIds=[f"K{number % 3}"]),
            shop.task(number),
            shop.comment(number, f"payment:{number}"),
        ]
    return messages


def assert_each_once(shop: Any, count: int) -> None:
    assert sorted(box["name"] for box in shop.stored("boxes")) == sorted(f"Order {100000 + n}" for n in range(count))
    assert len(shop.stored("organizations")) == min(3, count)
    assert Counter(len(box["contacts"]) for box in shop.stored("boxes")) == {1: count}
    for stream in ("contacts", "tasks", "comments"):
        assert len(shop.stored(stream)) == count, stream
    assert shop.letters() == []


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_alone(shop: Any, name: str) -> None:
    shop.run(*orders(shop, 1))
    shop.sandbox.faults([{"match": {"system": "streak", "method": "POST"}, "times": 3, **FAULTS[name]}])
    ran = shop.run(*orders(shop, 4), retry_seconds=20)
    assert ran.states == [{"at": 20}]
    assert_each_once(shop, 4)


def test_all_faults_at_once(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    shop.sandbox.faults(
        [{"match": {"system": "streak", "path": "/(boxes|contacts|organizations)"}, **one} for one in MIXED]
    )
    shop.run(*orders(shop, 12), retry_seconds=60)
    shop.sandbox.faults([])
    shop.run(*orders(shop, 12))
    assert_each_once(shop, 12)
