"""Stages become statuses: what is sent, with how few calls, and who wins."""

from __future__ import annotations

import threading
from typing import Any

import pytest

DAYS = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 8)]
LATER = DAYS[4]


def settled(crm: Any, status: str = "pending") -> None:
    """Both sides agree on order 1."""
    crm.has_orders(status=status)
    crm.run(crm.order(status=status, at=DAYS[0]))


def test_the_writable_part_of_an_order_is_changed_and_nothing_else(crm: Any) -> None:
    crm.sync = {}
    crm.has_orders(totalAmount=12.5, shippingAddress={"city": "Austin", "line1": "1 Main St"})
    before = crm.only("orders")
    given = {
        "status": "shipped",
        "trackingNumber": "1Z",
        "salesRepEmail": "maya@sandbox-sales.example",
        "customerNote": "Ring twice",
        "shippingAddress": {"city": "Dallas", "_extra": {"gate": "7"}},
    }
    ran = crm.run(crm.order(**given, totalAmount=99, orderNumber="SO-9"))
    order = crm.only("orders")
    merged = {
        "shippingAddress": {"city": "Dallas", "line1": "1 Main St", "gate": "7"},
        "version": before["version"] + 1,
    }
    assert order == before | given | merged | {"updatedAt": order["updatedAt"]}
    assert ran.calls == ["GET /orders/1", "PATCH /orders/1"]
    assert ran.states == [{"at": 1}]
    assert ran.counts["streams"] == {"orders": {"updated": 1}}


def test_calls_for_a_change_of_status(crm: Any) -> None:
    settled(crm)
    assert crm.run(crm.order(status="pending", at=DAYS[0])).calls == []
    assert crm.run(crm.order(status="pending", at=DAYS[1])).calls == []
    assert crm.run(crm.order(status="shipped", at=DAYS[2])).calls == ["GET /orders/1", "PATCH /orders/1"]
    assert crm.run(crm.order(status="shipped", at=DAYS[2])).calls == []
    assert crm.run(crm.order(status="shipped", trackingNumber="1Z", at=DAYS[3])).calls == ["PATCH /orders/1"]


def test_a_second_run_is_silent_and_changing_back_is_written(crm: Any) -> None:
    numbers = range(1, 21)
    crm.has_orders(*numbers, status="confirmed")
    everything = [crm.order(number, status="confirmed", trackingNumber=f"T{number}") for number in numbers]
    crm.run(*everything)
    before = crm.sandbox.snapshot()
    again = crm.run(*everything)
    assert (again.calls, crm.sandbox.snapshot(), again.states) == ([], before, [{"at": 20}])
    for at, status in ((DAYS[2], "on_hold"), (DAYS[3], "confirmed")):
        assert crm.run(crm.order(status=status, at=at)).counts["streams"] == {"orders": {"updated": 1}}
    assert {order["status"] for order in crm.stored("orders")} == {"confirmed"}


def test_an_order_is_never_made(crm: Any) -> None:
    crm.has_orders(1)
    ran = crm.run(crm.order(404, status="shipped"), crm.order(1, trackingNumber="1Z"))
    assert [order["orderId"] for order in crm.stored("orders")] == ["1"]
    assert ran.counts["streams"]["orders"] == {"rejected": 1, "updated": 1}
    (letter,) = crm.letters()
    assert (letter.code, letter.reason) == (
        "unknown_order",
        "the shop has no order 404, and orders are made in the shop only",
    )
    assert ran.states == [{"at": 2}]
    crm.has_orders(404)
    crm.run(crm.order(404, status="pending", at=LATER))
    assert crm.letters() == []


def test_a_forbidden_status_is_a_letter_in_the_shop_s_words(crm: Any) -> None:
    settled(crm, "shipped")
    ran = crm.run(crm.order(status="pending", at=DAYS[1]))
    (letter,) = crm.letters()
    assert (letter.code, letter.reason) == (
        "422",
        "The request has invalid fields: status can't go from shipped to pending",
    )
    assert (crm.only("orders")["status"], ran.states) == ("shipped", [{"at": 1}])
    crm.run(crm.order(status="completed", at=DAYS[2]))
    assert (crm.only("orders")["status"], crm.letters()) == ("completed", [])


def test_an_order_that_the_shop_deleted_stays_deleted(crm: Any) -> None:
    settled(crm)
    crm.sandbox.reset()
    gone = crm.run(crm.order(status="shipped", at=DAYS[1]))
    assert gone.counts["streams"] == {"orders": {"detached": 1}}
    assert crm.run(crm.order(status="completed", at=DAYS[2])).calls == []


@pytest.mark.parametrize(("owner", "wins"), [("source", "shipped"), ("target", "cancelled")])
def test_both_sides_changed_the_status(crm: Any, owner: str, wins: str) -> None:
    crm.sync["orders"]["status"] |= {"owner": owner}
    settled(crm)
    crm.person("PATCH", "/orders/1", {"status": "cancelled"})
    crm.run(crm.order(status="shipped", at=DAYS[1]))
    assert crm.only("orders")["status"] == wins
    crm.run(crm.order(status="shipped", customerNote="x", at=DAYS[2]))
    assert crm.only("orders")["status"] == wins


def test_only_the_shop_changed_the_status(crm: Any) -> None:
    settled(crm)
    crm.person("PATCH", "/orders/1", {"status": "on_hold"})
    crm.run(crm.order(status="pending", trackingNumber="1Z", at=DAYS[1]))
    assert (crm.only("orders")["status"], crm.only("orders")["trackingNumber"]) == ("on_hold", "1Z")


def test_many_statuses_of_one_stage_are_not_flattened(crm: Any) -> None:
    settled(crm, "confirmed")
    crm.person("PATCH", "/orders/1", {"status": "processing"})
    crm.run(crm.order(status="on_hold", at=DAYS[1]))
    assert crm.only("orders")["status"] == "on_hold"
    crm.person("PATCH", "/orders/1", {"status": "processing"})
    ran = crm.run(crm.order(status="confirmed", at=DAYS[2]))
    assert (crm.only("orders")["status"], ran.calls) == ("processing", ["GET /orders/1"])


def test_an_order_that_changes_under_our_hands_is_merged_again(crm: Any) -> None:
    settled(crm)
    seen = crm.only("orders")
    answer = {"error": {"code": "version_conflict", "message": "moved on"}, "current": seen | {"status": "cancelled"}}
    conflict = {"match": {"method": "PATCH"}, "do": "status", "status": 409, "body": answer}
    crm.sandbox.faults([{**conflict, "times": 1}])
    crm.sync["orders"]["status"] |= {"owner": "target"}
    ran = crm.run(crm.order(status="shipped", trackingNumber="1Z", at=DAYS[1]))
    assert [call.split()[0] for call in ran.calls] == ["GET", "PATCH", "PATCH"]
    assert (crm.only("orders")["status"], crm.only("orders")["trackingNumber"]) == ("pending", "1Z")


def test_an_order_that_never_rests_is_tried_again_later(crm: Any) -> None:
    settled(crm)
    answer = {"error": {"code": "version_conflict", "message": "moved on"}, "current": crm.only("orders")}
    crm.sandbox.faults([{"match": {"method": "PATCH"}, "do": "status", "status": 409, "body": answer}])
    ran = crm.run(crm.order(status="shipped", at=DAYS[1]))
    assert (len(ran.calls), ran.states) == (6, [{"at": 1}])
    assert [(letter.kind, letter.code) for letter in crm.letters()] == [("retry", "moved_on")]
    crm.sandbox.faults([])
    assert crm.shell("--dead-letters", "retry", "--all", request_timeout=1).returncode == 0
    assert (crm.only("orders")["status"], crm.letters()) == ("shipped", [])


def test_a_person_changes_the_order_between_our_read_and_our_write(crm: Any) -> None:
    crm.sync["orders"]["status"] |= {"owner": "target"}
    settled(crm)
    crm.sandbox.faults([{"match": {"method": "PATCH"}, "do": "latency", "ms": 1500, "times": 1}])
    cancelled = crm.only("orders") | {"status": "cancelled", "version": 7}
    person = threading.Timer(0.7, crm.load, ("orders", cancelled))
    person.start()
    ran = crm.run(crm.order(status="shipped", trackingNumber="1Z", at=DAYS[1]))
    person.join()
    order = crm.only("orders")
    assert (order["status"], order["trackingNumber"], order["version"]) == ("cancelled", "1Z", 8)
    assert ran.calls == ["GET /orders/1", "PATCH /orders/1", "PATCH /orders/1"]


def test_a_lost_answer_of_a_change_is_no_conflict(crm: Any) -> None:
    settled(crm)
    crm.sandbox.faults([{"match": {"method": "PATCH"}, "do": "lost_answer", "times": 1}])
    ran = crm.run(crm.order(status="shipped", at=DAYS[1]))
    assert (crm.only("orders")["status"], crm.only("orders")["version"], crm.letters()) == ("shipped", 2, [])
    assert ran.counts["streams"] == {"orders": {"updated": 1}}


def test_an_older_state_of_the_box_is_not_written(crm: Any) -> None:
    settled(crm)
    crm.run(crm.order(status="shipped", at=DAYS[2]))
    ran = crm.run(crm.order(status="on_hold", at=DAYS[1]))
    assert (crm.only("orders")["status"], ran.calls) == ("shipped", [])
    assert ran.counts["streams"] == {"orders": {"stale": 1}}


def test_ids_that_need_quoting_stay_one_part_of_the_address(crm: Any) -> None:
    crm.has_orders()
    ran = crm.run(crm.record("orders", "../orders/1", {}, status="shipped"), crm.record("orders", "..", {}, status="x"))
    assert (crm.only("orders")["status"], ran.counts["streams"]["orders"]) == ("pending", {"rejected": 2})


class TestBothWays:
    """The ledger also knows what the other direction carried over."""

    def test_a_rep_moved_the_box_before_the_first_run_of_this_direction(self, crm: Any) -> None:
        crm.has_orders(status="pending", version=3)
        crm.came_over("boxes", "1", "box-1", "orders:1", 3, stageName="New Order")
        crm.run(crm.order(status="shipped"))
        assert crm.only("orders")["status"] == "shipped"

    def test_the_shop_changed_since_and_keeps_its_status(self, crm: Any) -> None:
        crm.has_orders(status="cancelled", version=4)
        crm.came_over("boxes", "1", "box-1", "orders:1", 3, stageName="New Order")
        crm.run(crm.order(status="pending"))
        assert crm.only("orders")["status"] == "cancelled"

    def test_two_sides_that_never_agreed_stay_as_they_are(self, crm: Any) -> None:
        crm.has_orders(status="confirmed", version=3)
        crm.came_over("boxes", "1", "box-1", "orders:1", 3, **{"stageName": "In Fulfillment", "@stageName": "5007"})
        crm.run(crm.order(status="shipped"))
        assert crm.only("orders")["status"] == "confirmed"

    def test_without_any_memory_the_shop_keeps_what_is_shared(self, crm: Any) -> None:
        crm.has_orders(status="confirmed")
        crm.run(crm.order(status="shipped", trackingNumber="1Z"))
        assert (crm.only("orders")["status"], crm.only("orders")["trackingNumber"]) == ("confirmed", "1Z")
        crm.run(crm.order(status="completed", trackingNumber="1Z", at=LATER))
        assert crm.only("orders")["status"] == "completed"
