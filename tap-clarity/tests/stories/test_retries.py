"""A request is repeated while that may help, and when the shop says so."""

import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_tap_waits_as_long_as_it_is_told(form: str, shop: Any, canned: Any) -> None:
    date = format_datetime(datetime.fromtimestamp(int(time.time()) + 3, tz=UTC), usegmt=True)
    value = {"seconds": "1", "date": date}[form]
    shop.says("/api/v1/orders", canned(b"", status=429, headers={"Retry-After": value}))
    began = time.time()
    shop.runs.sync("orders")
    assert time.time() - began >= 1.0
    assert len(shop.asked) == 2


def test_a_shop_with_a_rate_limit_is_read_to_the_end(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.orders(80)
    sandbox.limits(clarity={"rps": 5})
    assert len(runs.sync("orders", page_size=10).keys()) == 80


@pytest.mark.parametrize(
    "bad",
    [
        {"body": b"<html>busy</html>", "status": 503},
        {"body": b"", "status": 500},
        {"body": b'{"data": [{"ord'},
        {"body": b"<html>maintenance</html>", "headers": {"Content-Type": "text/html"}},
        {"body": {"data": None}},
        {"body": {"success": False, "data": []}},
        {"body": b'{"data": [{"orderId": "1", "updatedAt": "2026-05-02T15:00:00Z", "totalAmount": NaN}]}'},
    ],
)
def test_a_bad_answer_is_asked_for_again(bad: dict[str, Any], shop: Any, canned: Any) -> None:
    good = {"data": [{"orderId": "1", "updatedAt": "2026-05-02T15:00:00Z"}], "hasMore": False}
    shop.says("/api/v1/orders", canned(**bad), canned(good))
    assert shop.runs.sync("orders").keys() == ["1"]


def test_a_shop_that_has_answered_may_stumble_more_often(shop: Any, canned: Any) -> None:
    first = {"data": [{"orderId": "1", "updatedAt": "2026-05-01T15:00:00Z"}], "hasMore": True}
    last = {"data": [{"orderId": "2", "updatedAt": "2026-05-02T15:00:00Z"}], "hasMore": False}
    shop.says("/api/v1/orders", canned(first), *[canned(b'{"data": [{"ord')] * 4, canned(last))
    assert shop.runs.sync("orders").keys() == ["1", "2"]


def test_a_pause_of_a_day_ends_the_run(shop: Any, canned: Any) -> None:
    shop.says("/api/v1/customers", canned(b"", status=429, headers={"Retry-After": "86400"}))
    ended = shop.runs.program()
    assert (ended.returncode, len(shop.asked)) == (1, 1)
    assert "answered 429" in ended.stderr.splitlines()[-1]


def test_a_shop_that_forgets_to_say_whether_there_is_more_is_read_to_its_end(shop: Any, canned: Any) -> None:
    for day in (1, 2):
        row = {"orderId": f"{day}", "updatedAt": f"2026-05-0{day}T15:00:00Z"}
        shop.says("/api/v1/orders", canned({"data": [row]}))
    shop.says("/api/v1/orders", canned({"data": []}))
    assert shop.runs.sync("orders").keys() == ["1", "2"]
