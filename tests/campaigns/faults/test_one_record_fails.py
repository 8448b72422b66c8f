"""An endpoint that fails for one record only: that record is set aside, all others arrive, and it follows later."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from crm import Crm
from delivery import last_state
from small_shop import differences, order_id
from wrong_answers import back

if TYPE_CHECKING:
    from delivery import Delivery

POOR: dict[int, dict[str, Any]] = {  # orders that are shipped later, and what Streak answers then
    3: {"do": "html500"},
    6: {"do": "status", "status": 503, "headers": {"Retry-After": "3600"}},
    9: {"do": "hang", "seconds": 2},
    12: {"do": "status", "status": 200, "body": {"success": False, "error": "please try again"}},
}
NAMES = {order_id(number) for number in POOR}


def test_boxes_that_can_not_be_changed_follow_when_they_recover(delivery: Delivery) -> None:
    delivery.run(delivery.opening)
    crm = Crm(delivery.sandbox.snapshot())
    paths = {number: f"/boxes/{crm.box(order_id(number))['key']}$" for number in POOR}
    delivery.sandbox.faults([{"match": {"method": "POST", "path": paths[number]}, **POOR[number]} for number in POOR])
    states = delivery.run(delivery.shipping, retry_seconds=1)
    assert states[-1] == last_state(delivery.shipping)
    letters = delivery.letters()
    assert {(one.stream, one.external_id, one.kind) for one in letters} == {("boxes", name, "retry") for name in NAMES}
    wrong = differences(delivery.sandbox.snapshot())
    assert all(any(name in one for name in NAMES) for one in wrong)
    assert len(wrong) == 2 * len(POOR)  # as they are, instead of as they must be
    assert_follow(delivery, [one.next_try_at for one in letters])


@back
def test_orders_that_can_not_be_changed_follow_when_they_recover(delivery: Delivery) -> None:
    delivery.run(delivery.opening)
    rules = [{"match": {"method": "PATCH", "path": f"/orders/{number}$"}, **POOR[number]} for number in POOR]
    delivery.sandbox.faults(rules)
    assert delivery.run(delivery.shipping, retry_seconds=1)[-1] == last_state(delivery.shipping)
    letters = delivery.letters()
    assert {(one.stream, one.external_id, one.kind) for one in letters} == {
        ("orders", str(number), "retry") for number in POOR
    }
    assert len(delivery.differences()) == 2 * len(POOR)
    assert_follow(delivery, [one.next_try_at for one in letters])


@back
@pytest.mark.parametrize("path", ["/customers$", "/invoices$", "/orders/[^/]+/notes$"])
def test_what_the_shop_can_not_make_follows(delivery: Delivery, path: str) -> None:
    delivery.sandbox.faults([{"match": {"method": "POST", "path": path}, "do": "html500"}])
    lines = delivery.opening.splitlines(keepends=True)
    few = [line for line in lines if '"RECORD"' not in line or re.search(r'"externalId":"(K1|\w+:1:\w+|1)"', line)]
    assert delivery.run("".join(few), retry_seconds=1)
    assert {one.kind for one in delivery.letters()} == {"retry"}
    delivery.sandbox.faults([])
    delivery.run(delivery.everything)
    assert delivery.findings() == []


@pytest.mark.parametrize("stream", ["boxes", "tasks", "comments"])
def test_a_record_that_can_not_be_made_follows_with_all_that_waited_for_it(delivery: Delivery, stream: str) -> None:
    delivery.set_up()
    path = "/boxes$" if stream == "boxes" else f"/boxes/[^/]+/{stream}$"
    # the first one and its repetitions: nobody else is under way yet
    delivery.sandbox.faults([{"match": {"method": "POST", "path": path}, "do": "html500"}])
    assert delivery.run(first_order(delivery), retry_seconds=1)
    (letter,) = [one for one in delivery.letters() if one.kind == "retry"]
    assert letter.stream == stream
    delivery.sandbox.faults([])
    delivery.run(delivery.everything)
    assert delivery.findings() == []


def assert_follow(delivery: Delivery, times: list[datetime | None]) -> None:
    """Not before their time, but then with any run."""
    due = sorted(one for one in times if one)
    assert len(due) == len(POOR)
    assert due[-1] - datetime.now(UTC) < timedelta(seconds=6)
    delivery.sandbox.faults([])
    time.sleep(max(0.0, (due[-1] - datetime.now(UTC)).total_seconds()))
    delivery.run("")
    assert delivery.findings() == []


def first_order(delivery: Delivery) -> str:
    """The lines without other orders than the first."""
    lines = delivery.opening.splitlines(keepends=True)
    return "".join(line for line in lines if '"type":"RECORD"' not in line or order_id(1) in line)
