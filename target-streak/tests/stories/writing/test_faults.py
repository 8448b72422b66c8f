"""Whose fault an answer is: the record's, the key's or the host's. (All faults of HTTP: tests/faults.)"""

from __future__ import annotations

from collections import Counter
from typing import Any


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


def test_a_401_on_one_record_is_that_record_s_while_the_key_is_alive(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    refused = {"do": "status", "status": 401, "body": {"success": False, "error": "no access to this resource"}}
    shop.sandbox.faults([{"match": {"method": "POST", "path": "/tasks$"}, "times": 1, **refused}])
    ran = shop.run(*orders(shop, 3))
    assert ran.counts["streams"]["tasks"] == {"created": 1, "rejected": 1, "unchanged": 1}
    assert [letter.code for letter in shop.letters()] == ["401"]


def test_a_key_revoked_right_after_a_401_that_was_a_record_s_stops_the_run(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    refused = {"do": "status", "status": 401, "body": {"success": False, "error": "no access to this resource"}}
    one = {"match": {"method": "POST", "path": "/contacts$"}, "times": 1, **refused}
    shop.sandbox.faults([one, {"match": {"system": "streak"}, "after": 12, **refused}])
    stdin = shop.lines(*orders(shop, 12), {"type": "STATE", "value": {"at": 1}})
    ended = shop.shell(stdin=stdin, concurrency=1)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Streak refuses the API key" in ended.stderr.splitlines()[-1]
    assert [letter.stream for letter in shop.letters()] == ["contacts"]


def test_what_was_in_doubt_when_the_key_was_revoked_is_not_doubled(shop: Any) -> None:
    shop.run(shop.box(9))
    lost = {"match": {"method": "POST", "path": "/boxes$"}, "do": "lost_answer"}
    revoked = {"match": {"method": "GET"}, "do": "status", "status": 401, "after": 3}
    shop.sandbox.faults([lost, revoked])
    ended = shop.shell(stdin=shop.lines(shop.box(1), {"type": "STATE", "value": {"at": 1}}))
    assert (ended.returncode, ended.stdout) == (1, "")
    shop.sandbox.faults([])
    shop.run(shop.box(1))
    assert sorted(box["name"] for box in shop.stored("boxes")) == ["Order 100001", "Order 100009"]


def test_a_host_that_goes_away_under_way_stops_the_run_without_state(shop: Any) -> None:
    shop.run(*orders(shop, 1))
    gone = {"match": {"method": "POST"}, "do": "reset", "times": 10_000}
    alive = {"match": {"path": "/boxes$"}, "do": "status", "status": 503, "times": 10_000}
    shop.sandbox.faults([gone, alive])
    stdin = shop.lines(*orders(shop, 40), {"type": "STATE", "value": {"at": 1}})
    ended = shop.shell(stdin=stdin, retry_seconds=0.2, max_rejected="10")
    assert (ended.returncode, ended.stdout) == (1, "")
    shop.sandbox.faults([])
    shop.shell("--dead-letters", "retry", "--all", request_timeout=1)
    shop.run(*orders(shop, 40), request_timeout=1)
    assert_each_once(shop, 40)
