"""The same shop in its second skin, by the profile `page-index`: what the tap emits is the same."""

from __future__ import annotations

from decimal import Decimal
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.tap_runs import TapRuns, complaint_of
from tap_clarity.tap import TapClarity

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.feed import Feed
    from sandbox.testing import Sandbox


@pytest.fixture
def page_index(sandbox: Sandbox) -> TapRuns:
    settings = {
        "api_url": sandbox.page_index_url,
        "client_id": sandbox.clarity_client_id,
        "client_secret": sandbox.clarity_client_secret,
        "site_profile": "page-index",
    }
    return TapRuns(TapClarity, "orders", "orderId", settings)


def seconds(record: dict[str, Any]) -> dict[str, Any]:
    """A record as both skins can say it: without nulls, instants as UTC."""
    said: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and name in {"customer", "order"}:
            said[name] = seconds(value)
        elif value not in (None, [], {}):
            said[name] = value.replace("Z", "+00:00") if isinstance(value, str) else value
    return said


def test_the_demo_shop_is_the_same_in_both_skins(sandbox: Sandbox, runs: Any, page_index: TapRuns) -> None:
    sandbox.reset("demo")
    by_contract, by_page_index = runs.sync().records, page_index.sync().records
    assert by_contract.keys() == by_page_index.keys()
    for stream, key in {"orders": "orderId", "customers": "customerId", "products": "productId",
                        "payments": "paymentId", "invoices": "invoiceId"}.items():  # fmt: skip
        here = {row[key]: seconds(row) for row in by_page_index[stream]}
        there = {row[key]: seconds(row) for row in by_contract[stream]}
        assert here.keys() == there.keys()
        assert [key for key in here if here[key] != there[key]] == [], stream


def test_money_keeps_its_digits_and_one_login_serves_a_run(sandbox: Sandbox, shelves: Any, page_index: TapRuns) -> None:
    shelves.load("orders", shelves.order(1, totalAmount=Decimal("208.3800")))
    (order,) = page_index.sync("orders").records["orders"]
    assert str(order["totalAmount"]) == "208.3800"
    paths = [request["path"].removeprefix("/page-index/v1") for request in sandbox.requests("clarity")]
    assert paths == ["/auth/login", "/ordering/orders"]


def test_the_next_run_reads_from_the_look_back_on(sandbox: Sandbox, shelves: Any, page_index: TapRuns) -> None:
    shelves.orders(300)
    state = page_index.sync("orders").state
    shelves.load("orders", shelves.order(7, updatedAt="2026-05-03T00:00:00Z", status="shipped"))
    sandbox.clear_requests()
    again = page_index.sync("orders", state=state, embed_customer=False)
    assert again.records["orders"][-1]["status"] == "shipped"
    assert len(again.keys()) == 62
    assert "updatedDateMin=2026-05-02T00%3A04%3A00" in sandbox.requests("clarity")[-1]["query"]


def test_rows_of_one_instant_over_many_pages(shelves: Any, page_index: TapRuns) -> None:
    shelves.orders(250, updatedAt="2026-05-02T15:00:00.250Z")
    shelves.load("orders", shelves.order(300, updatedAt="2026-05-02T15:00:00.750Z"))
    keys = page_index.sync("orders", page_size=30).keys()
    assert len(keys) == len(set(keys)) == 251


def test_nothing_is_lost_while_the_shop_sells(sandbox: Sandbox, shelves: Any, page_index: TapRuns) -> None:
    """Somebody changes orders all the while; after one more run every last state was emitted."""
    shelves.orders(200, updatedAt="2026-05-02T15:00:00Z")
    done = Event()

    def sell() -> None:
        number = 0
        while not done.is_set():
            number += 1
            row = shelves.order(number * 37 % 200 + 1, status=f"s{number}")
            sandbox.load([{"system": "clarity", "type": "orders", "record": {**row, "updatedAt": None}}])

    seller = Thread(target=sell)
    seller.start()
    try:
        first = page_index.sync("orders", page_size=7, embed_customer=False)
    finally:
        done.set()
        seller.join()
    second = page_index.sync("orders", page_size=7, state=first.state, embed_customer=False)
    last = {order["orderId"]: order["status"] for run in (first, second) for order in run.records["orders"]}
    assert last == {order["orderId"]: order["status"] for order in sandbox.snapshot()["clarity"]["orders"]}


def test_events_fetch_records_one_by_one(sandbox: Sandbox, shelves: Any, page_index: TapRuns, feed: Feed) -> None:
    shelves.load("customers", shelves.customer(1))
    shelves.load("orders", shelves.order(1, customerId="C-1"))
    feed.tell("clarity", "order.created", "o-0001")
    feed.tell("clarity", "order.created", "o-gone")
    output = page_index.sync(events_url=feed.url, events_token=feed.token)
    assert (output.keys(), output.deleted()) == (["o-0001", "o-gone"], ["o-gone"])
    assert output.records["orders"][0]["customer"]["firstName"] == "Ada"
    paths = [request["path"].removeprefix("/page-index/v1") for request in sandbox.requests("clarity")]
    assert "/contacts/customers/C-1" in paths


def test_check_finds_all_well(sandbox: Sandbox, page_index: TapRuns) -> None:
    sandbox.reset("demo")
    ended = page_index.program("check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "orders:    GET /ordering/orders, page_index by pageIndex, pageSize from updatedDateMin on" in ended.stdout
    assert "246 rows, no field missing" in ended.stdout
    assert len(ended.stdout.splitlines()) == 8
    assert len(sandbox.requests("clarity")) <= 1 + 5 * 6


def test_check_of_the_contract(sandbox: Sandbox, runs: Any) -> None:
    sandbox.reset("demo")
    ended = runs.program("check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (
        "orders:    GET /orders, keyset by afterId, limit from updatedSince on, 246 rows, no field missing"
        in ended.stdout
    )


def test_the_wrong_skin_is_named(sandbox: Sandbox, page_index: TapRuns) -> None:
    line = complaint_of(page_index.program(api_url=sandbox.clarity_url), [])
    assert "answered 404" in line
    ended = page_index.program("check", api_url=sandbox.clarity_url)
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)


def test_a_wrong_password(page_index: TapRuns) -> None:
    line = complaint_of(page_index.program(client_secret="hunter2"), ["hunter2"])
    assert "client_id and client_secret are refused where tokens are fetched" in line


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("page-indx", "site_profile: 'page-indx' is neither shipped nor a file, did you mean 'page-index'?"),
        ("profile: 1\nextends: contract-v1\nevry: {}\n", "shop.yml:3: unknown key 'evry', did you mean 'every'?"),
    ],
)
def test_a_profile_that_can_t_be_used_is_one_line(profile: str, said: str, runs: TapRuns, tmp_path: Path) -> None:
    if "\n" in profile:
        (tmp_path / "shop.yml").write_text(profile)
        profile = str(tmp_path / "shop.yml")
    assert said in complaint_of(runs.program(site_profile=profile), [])


def test_a_list_that_is_elsewhere_names_the_line(sandbox: Sandbox, runs: TapRuns, tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text("profile: 1\nextends: contract-v1\nevery:\n  rows: results\n")
    line = complaint_of(runs.program(site_profile=str(tmp_path / "shop.yml")), [])
    assert "gave no list of records" in line
    assert f"{tmp_path}/shop.yml:4" in line
