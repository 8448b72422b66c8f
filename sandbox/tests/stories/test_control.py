"""The sandbox's own levers."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from sandbox.demo.shop import demo_records


@pytest.fixture
def caller(sandbox: Any) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["X-API-Key"] = sandbox.clarity_key
        session.auth = (sandbox.streak_key, "")
        yield session


def order(**more: Any) -> dict[str, Any]:
    return {"system": "clarity", "type": "orders", "record": {"orderId": "1", **more}}


def test_what_was_loaded_is_what_is_there(sandbox: Any) -> None:
    given = {"orderId": "7", "updatedAt": "2020-02-02T02:02:02+02:00", "version": 9, "totalAmount": Decimal("1.50")}
    assert sandbox.load([order(**given)]) == 1
    assert sandbox.snapshot()["clarity"]["orders"] == [given]


def test_the_served_demo_shop_is_the_same_every_time(sandbox: Any) -> None:
    demo: dict[str, list[dict[str, Any]]] = {}
    for plural, record in demo_records():
        demo.setdefault(plural, []).append(record)
    for _ in range(2):
        sandbox.reset("demo")
        shown = sandbox.snapshot()["clarity"]
        assert {plural: shown[plural] for plural in demo} == demo


def test_loading_again_replaces_and_keeps_the_place(sandbox: Any) -> None:
    sandbox.load([order(orderId="1"), order(orderId="2"), order(orderId="1", status="shipped")])
    shown = sandbox.snapshot()["clarity"]["orders"]
    assert [(row["orderId"], row.get("status")) for row in shown] == [("1", "shipped"), ("2", None)]


def test_a_record_that_the_shop_deleted_is_in_no_list_and_not_found(sandbox: Any, caller: requests.Session) -> None:
    sandbox.load([order(), order(orderId="2")])
    sandbox.remove("orders", "1")
    listed = caller.get(f"{sandbox.clarity_url}/orders", timeout=60).json()["data"]
    assert [row["orderId"] for row in listed] == ["2"]
    assert caller.get(f"{sandbox.clarity_url}/orders/1", timeout=60).status_code == 404
    with pytest.raises(ValueError, match="clarity has no 'orders' with the id '1'"):
        sandbox.remove("orders", "1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2: not like"),
        ('{"system": "clarity"}', "line 2: not like"),
        ('{"system": "clarity", "type": "carts", "record": {}}', "line 2: clarity has no 'carts'"),
        ('{"system": "clarity", "type": "orders", "record": {"orderId": 1}}', "line 2: orderId must be a string"),
        ('{"system": "clarity", "type": "orders", "record": {"updatedAt": "x"}}', "updatedAt is no ISO 8601 instant"),
    ],
)
def test_a_bad_line_is_named(sandbox: Any, line: str, reason: str) -> None:
    good = '{"system": "clarity", "type": "orders", "record": {"orderId": "1"}}'
    answer = requests.post(f"{sandbox.streak_origin}/_sandbox/load", f"{good}\n{line}\n{good}", timeout=60)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_reset_forgets_everything(sandbox: Any, caller: requests.Session) -> None:
    sandbox.load([order()])
    sandbox.faults([{"do": "html500"}])
    sandbox.limits(clarity={"rps": 1})
    sandbox.clock(advance=10_000)
    sandbox.hooks(drop=1)
    caller.get(f"{sandbox.clarity_url}/orders", timeout=60)
    sandbox.reset()
    assert sandbox.requests() == []
    assert [caller.get(f"{sandbox.clarity_url}/orders", timeout=60).json()["totalCount"] for _ in range(3)] == [0] * 3
    assert sandbox.clock()["now"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    assert sandbox.hooks()["drop"] == 0
    with pytest.raises(ValueError, match="no seed 'moon'"):
        sandbox.reset("moon")


def test_requests_are_written_down_in_order_and_without_their_bodies(sandbox: Any, caller: requests.Session) -> None:
    began = time.time()
    caller.get(f"{sandbox.clarity_url}/orders?limit=3", timeout=60)
    caller.get(f"{sandbox.streak_url}/v1/users/me", timeout=60)
    caller.post(f"{sandbox.clarity_url}/customers", json={"email": "ada@acme.example"}, timeout=60)
    clarity, streak, post = sandbox.requests()
    assert set(post) == {"n", "time", "system", "method", "path", "query", "status", "bytes", "ms"}
    assert (clarity["n"], streak["n"], post["n"]) == (1, 2, 3)
    assert (clarity["system"], clarity["path"], clarity["query"]) == ("clarity", "/api/v1/orders", "limit=3")
    assert (streak["system"], streak["status"]) == ("streak", 200)
    assert (post["method"], post["status"]) == ("POST", 201)
    assert began <= clarity["time"] <= time.time()
    assert clarity["bytes"] == len(b'{"data":[],"totalCount":0,"hasMore":false}')
    assert [entry["n"] for entry in sandbox.requests(since=2)] == [3]
    assert "ada@" not in str(sandbox.requests())
    sandbox.clear_requests()
    assert sandbox.requests() == []


def test_a_limit_is_a_bucket_that_fills_again(sandbox: Any, caller: requests.Session) -> None:
    sandbox.limits(clarity={"rps": 5})
    answers = [caller.get(f"{sandbox.clarity_url}/orders", timeout=60)]
    while answers[-1].status_code == 200:
        answers.append(caller.get(f"{sandbox.clarity_url}/orders", timeout=60))
    assert len(answers) > 5
    assert (answers[0].headers["x-ratelimit-limit"], answers[0].headers["x-ratelimit-remaining"]) == ("5", "4")
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "1")
    assert caller.get(f"{sandbox.streak_url}/v1/users/me", timeout=60).status_code == 200
    time.sleep(0.25)
    assert caller.get(f"{sandbox.clarity_url}/orders", timeout=60).status_code == 200


def test_latency_delays_every_answer(sandbox: Any, caller: requests.Session) -> None:
    sandbox.limits(latency_ms=600, streak={"latency_ms": 0})
    caller.get(f"{sandbox.clarity_url}/orders", timeout=60)
    caller.get(f"{sandbox.streak_url}/v1/users/me", timeout=60)
    slow, quick = sandbox.requests()
    assert slow["ms"] > 599 > quick["ms"]  # the clock of a loop may be a little early


def test_the_clock_can_be_set_advanced_and_sped_up(sandbox: Any) -> None:
    assert sandbox.clock(set="2030-01-01T00:00:00Z")["now"].startswith("2030-01-01T00:00:00")
    assert sandbox.clock(advance=86_400)["now"].startswith("2030-01-02T00:00:0")
    sandbox.clock(scale=100_000)
    time.sleep(0.02)
    assert sandbox.clock(scale=1)["now"] > "2030-01-02T00:20"
    with pytest.raises(ValueError, match="no lever 'stop'"):
        sandbox.clock(stop=True)


def test_both_ports_have_the_levers(sandbox: Any) -> None:
    for origin in (sandbox.clarity_origin, sandbox.streak_origin):
        assert requests.get(f"{origin}/_sandbox/healthz", timeout=60).status_code == 200
        assert requests.get(f"{origin}/_sandbox/nothing", timeout=60).status_code == 404


def test_unknown_manners_of_hooks_are_refused(sandbox: Any) -> None:
    with pytest.raises(ValueError, match="polite"):
        sandbox.hooks(polite=1)
