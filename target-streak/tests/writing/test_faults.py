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


def test_a_401_on_one_record_is_that_record_s_while_the_key_is_alive(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    refused = {"do": "status", "status": 401, "body": {"success": False, "error": "no access to this resource"}}
    shop.sandbox.faults([{"match": {"method": "POST", "path": "/tasks$"}, "times": 1, **refused}])
    ran = shop.run(*orders(shop, 3))
    assert ran.counts["streams"]["tasks"] == {"created": 1, "rejected": 1, "unchanged": 1}
    assert [letter.code for letter in shop.letters()] == ["401"]


def test_a_host_that_goes_away_under_way_stops_the_run_without_state(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    gone = {"match": {"method": "POST"}, "do": "reset", "times": 10_000}
    alive = {"match": {"path": "/boxes$"}, "do": "status", "status": 503, "times": 10_000}
    shop.sandbox.faults([gone, alive])
    stdin = shop.lines(*orders(shop, 40), {"type": "STATE", "value": {"at": 1}})
    ended = shop.shell(stdin=stdin, retry_seconds=0.2, max_rejected="10")
    assert (ended.returncode, ended.stdout) == (1, "")
    shop.sandbox.faults([])
    shop.shell("--dead-letters", "retry", "--all")
    shop.run(*orders(shop, 40))
    assert_each_once(shop, 40)
