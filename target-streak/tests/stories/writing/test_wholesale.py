"""What goes wrong wholesale stops the run before it does harm, however much else goes well beside it."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError

MANY = 120


def beside(shop: Any, number: int) -> list[Any]:
    """What a source record becomes beside its box."""
    person = {"emailAddresses": [f"c{number}@k.test"]}
    return [shop.contact(f"C{number}", flow="order-contact", **person), shop.contact(f"C{number}", **person)] * 3


def unmapped(number: int) -> dict[str, Any]:
    row = {"stream": "orders", "key": str(number), "path": "order-box.stageName", "record": {"orderId": str(number)}}
    return {"type": "RECORD", "stream": "rejected_records", "record": row | {"reason": "'teleported' is in no row"}}


def refuse(shop: Any, **how: Any) -> None:
    shop.sandbox.faults([{"match": {"method": "POST", "path": "/boxes$"}, "do": "status", "status": 400} | how])


def test_all_boxes_are_refused(shop: Any) -> None:
    refuse(shop)
    messages = [one for number in range(MANY) for one in (shop.box(number), *beside(shop, number))]
    with pytest.raises(FatalRunError, match=r"of [0-9]+ boxes were rejected, more than max_rejected \(20%\)"):
        shop.run(*messages)


def test_one_flow_of_the_mapping_fails_for_all_orders(shop: Any) -> None:
    messages = [one for number in range(MANY) for one in (unmapped(number), *beside(shop, number))]
    with pytest.raises(FatalRunError, match=r"100 of 100 orders of the source were rejected, more than max_rejected"):
        shop.run(*messages)


def test_a_flow_that_fails_for_a_few_orders_stops_nothing(shop: Any) -> None:
    bad = range(0, MANY, 6)
    messages = [unmapped(number) if number in bad else shop.box(number) for number in range(MANY)]
    assert shop.run(*messages).counts["streams"]["orders"] == {"rejected": len(bad)}


def test_no_box_is_made_any_more_though_streak_answers(shop: Any) -> None:
    shop.settings["request_timeout"] = 1
    shop.run(shop.box(1))
    refuse(shop, status=503, after=30)
    boxes = [shop.box(number) for number in range(1, 100)]
    stopped = shop.shell(stdin=shop.lines(*boxes, {"type": "STATE", "value": {"at": 1}}), retry_seconds=0.2)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "took none of 10 boxes in a row (503)" in stopped.stderr.splitlines()[-1]
    assert 10 <= len(shop.letters()) < 20
    shop.run(*boxes[:31], max_rejected="100%")  # who knows better goes on
    shop.sandbox.faults([])
    shop.run(*boxes)
    assert shop.letters() == []
    assert len({box["name"] for box in shop.stored("boxes")}) == len(shop.stored("boxes")) == 99


def test_letters_that_still_fail_stop_nothing(shop: Any) -> None:
    shop.settings["request_timeout"] = 1
    refuse(shop, status=503)
    boxes = [shop.box(number) for number in range(12)]
    shop.run(*boxes, retry_seconds=0, max_rejected="100%")
    again = shop.shell("--dead-letters", "retry", "--all", retry_seconds=0)
    assert again.returncode == 0, again.stderr
    assert {letter.attempts for letter in shop.letters()} == {2}
