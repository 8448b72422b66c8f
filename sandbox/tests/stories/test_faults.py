"""Answers that go wrong when they are told to."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

ORDERS = [{"orderId": str(number), "updatedAt": f"2026-01-0{number}T00:00:00Z"} for number in range(1, 7)]


@pytest.fixture
def shop(sandbox: Any) -> Iterator[requests.Session]:
    sandbox.load({"system": "clarity", "type": "orders", "record": order} for order in ORDERS)
    with requests.Session() as session:
        session.headers["X-API-Key"] = sandbox.clarity_key
        yield session


def orders(sandbox: Any, shop: requests.Session, **query: Any) -> requests.Response:
    return shop.get(f"{sandbox.clarity_url}/orders", params=query, timeout=60)


def patch(sandbox: Any, shop: requests.Session) -> requests.Response:
    return shop.patch(f"{sandbox.clarity_url}/orders/1", json={"status": "shipped"}, timeout=60)


def until_shipped(sandbox: Any) -> None:
    deadline = time.monotonic() + 60
    while sandbox.snapshot()["clarity"]["orders"][0].get("status") != "shipped":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_status_with_a_body_and_headers(sandbox: Any, shop: requests.Session) -> None:
    rule = {"do": "status", "status": 503, "body": {"sorry": True}, "headers": {"Retry-After": "7"}, "times": 1}
    sandbox.faults([rule])
    broken = orders(sandbox, shop)
    assert (broken.status_code, broken.json(), broken.headers["retry-after"]) == (503, {"sorry": True}, "7")
    assert orders(sandbox, shop).status_code == 200


def test_a_fault_that_begins_under_way(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"match": {"path": "/orders$"}, "do": "status", "status": 503, "after": 2, "times": 1}])
    assert [orders(sandbox, shop).status_code for _ in range(4)] == [200, 200, 503, 200]


def test_an_error_has_the_words_of_its_vendor(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "429", "retry_after": 3, "times": 1}, {"do": "429"}])
    clarity = orders(sandbox, shop)
    streak = shop.get(f"{sandbox.streak_url}/v1/users/me", timeout=60)
    assert (clarity.status_code, clarity.json()["error"]["code"], clarity.headers["retry-after"]) == (
        429,
        "rate_limited",
        "3",
    )
    assert (streak.status_code, streak.json()) == (429, {"success": False, "error": "rate limit"})
    assert "retry-after" not in streak.headers


def test_a_page_of_html(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "html500"}])
    broken = orders(sandbox, shop)
    assert (broken.status_code, broken.text[:6]) == (500, "<html>")


def test_an_answer_that_never_comes(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "reset", "times": 1}, {"do": "hang", "seconds": 0.05, "times": 1}])
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            patch(sandbox, shop)
    assert [order.get("status") for order in sandbox.snapshot()["clarity"]["orders"]] == [None] * 6
    assert [entry["status"] for entry in sandbox.requests("clarity")] == [0, 0]


def test_an_answer_lost_after_the_effect(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"match": {"method": "patch"}, "do": "lost_answer"}])
    with pytest.raises(requests.ConnectionError):
        patch(sandbox, shop)
    assert sandbox.snapshot()["clarity"]["orders"][0]["status"] == "shipped"
    assert orders(sandbox, shop).status_code == 200


def test_an_answer_lost_long_after_the_effect(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"match": {"method": "patch"}, "do": "lost_answer", "seconds": 20}])
    with pytest.raises(requests.ReadTimeout):
        shop.patch(f"{sandbox.clarity_url}/orders/1", json={"status": "shipped"}, timeout=0.3)
    until_shipped(sandbox)


def test_an_effect_after_the_client_gave_up(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"match": {"method": "patch"}, "do": "latency", "ms": 3000}])
    with pytest.raises(requests.ReadTimeout):
        shop.patch(f"{sandbox.clarity_url}/orders/1", json={"status": "shipped"}, timeout=0.2)
    assert sandbox.snapshot()["clarity"]["orders"][0].get("status") is None
    until_shipped(sandbox)


def test_an_answer_that_says_what_is_not_true(sandbox: Any, shop: requests.Session) -> None:
    html = {"do": "misreport", "type": "text/html", "times": 1}
    denied = {"do": "misreport", "status": 502, "body": {"success": False}, "times": 1}
    sandbox.faults([html, denied])
    called_html = orders(sandbox, shop)
    assert (called_html.headers["content-type"], len(called_html.json()["data"])) == ("text/html", 6)
    answer = patch(sandbox, shop)
    assert (answer.status_code, answer.json()) == (502, {"success": False})
    assert sandbox.snapshot()["clarity"]["orders"][0]["status"] == "shipped"


def test_a_pause_is_asked_for_as_a_date(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "429", "retry_after": 3, "as": "date"}])
    headers = orders(sandbox, shop).headers
    pause = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
    assert 2 <= pause.total_seconds() <= 4


def test_an_answer_cut_short(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "truncate", "times": 1}, {"do": "truncate", "abort": True, "times": 1}])
    with pytest.raises(requests.JSONDecodeError):
        orders(sandbox, shop).json()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        orders(sandbox, shop)
    assert len(orders(sandbox, shop).json()["data"]) == 6


def test_rows_that_come_twice(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"match": {"system": "clarity", "path": "/orders$"}, "do": "duplicate_rows"}])
    first = [row["orderId"] for row in orders(sandbox, shop, limit=2).json()["data"]]
    query = {"updatedSince": "2026-01-02T00:00:00Z", "afterId": "2", "limit": 2}
    second = [row["orderId"] for row in orders(sandbox, shop, **query).json()["data"]]
    assert (first, second) == (["1", "2", "2"], ["2", "3", "4"])


def test_a_slow_answer(sandbox: Any, shop: requests.Session) -> None:
    sandbox.faults([{"do": "latency", "ms": 120, "times": 1}, {"do": "status", "status": 500, "times": 1}])
    started = time.monotonic()
    assert orders(sandbox, shop).status_code == 500
    assert time.monotonic() - started >= 0.12


def test_a_share_of_requests_is_the_same_share_every_time(sandbox: Any, shop: requests.Session) -> None:
    def failed(**more: int) -> list[bool]:
        sandbox.faults([{"do": "status", "status": 500, "rate": 0.3, **more}])
        return [orders(sandbox, shop).status_code == 500 for _ in range(60)]

    first = failed()
    assert 5 < sum(first) < 30
    assert failed() == first
    assert failed(seed=1) == failed(seed=1) != first


def test_stale_search_reaches_the_search(sandbox: Any) -> None:
    key = (sandbox.streak_key, "")
    pipelines = requests.get(f"{sandbox.streak_url}/v1/pipelines", auth=key, timeout=60).json()
    boxes = f"{sandbox.streak_url}/v2/pipelines/{pipelines[0]['key']}/boxes"
    requests.post(boxes, json={"name": "Needle"}, auth=key, timeout=60)

    def found() -> int:
        answer = requests.get(f"{sandbox.streak_url}/v1/search", params={"query": "Needle"}, auth=key, timeout=60)
        return len(answer.json()["results"]["boxes"])

    assert found() == 1
    sandbox.faults([{"match": {"system": "streak"}, "do": "stale_search", "seconds": 60}])
    assert found() == 0
    sandbox.clock(advance=61)
    assert found() == 1


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"do": "explode"}, "rule 1: no fault 'explode'"),
        ({"do": "reset", "match": {"host": "x"}}, "rule 1: can't match by host"),
        ({"do": "reset", "match": {"path": "("}}, "rule 1: path is no regular expression"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(sandbox: Any, rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match="the sandbox refused") as refusal:
        sandbox.faults([rule])
    assert reason in str(refusal.value)
