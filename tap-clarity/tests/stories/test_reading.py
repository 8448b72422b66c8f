"""What changed is read once, oldest first; nothing is skipped, whatever happens meanwhile."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import requests


def test_every_order_comes_once_page_by_page(runs: Any, shelves: Any, sandbox: Any) -> None:
    made = shelves.orders(620)
    output = runs.sync("orders")
    assert output.keys() == [order["orderId"] for order in made]
    assert [entry["query"].count("afterId") for entry in sandbox.requests("clarity")] == [0, 1, 1]


def test_one_instant_shared_by_more_orders_than_a_page_holds(runs: Any, shelves: Any) -> None:
    made = shelves.orders(45, updatedAt="2026-05-02T15:00:00Z")
    assert runs.sync("orders", page_size=10).keys() == [order["orderId"] for order in made]


def test_a_second_run_repeats_the_look_back_and_no_more(runs: Any, shelves: Any) -> None:
    made = shelves.orders(300)
    first = runs.sync("orders")
    second = runs.sync("orders", state=first.state)
    assert second.keys() == [order["orderId"] for order in made[-61:]]
    assert second.state == first.state


def test_without_look_back_only_the_boundary_is_repeated(runs: Any, shelves: Any) -> None:
    shelves.orders(300)
    first = runs.sync("orders", lookback_seconds=0)
    assert runs.sync("orders", state=first.state, lookback_seconds=0).keys() == ["o-0300"]


def test_a_change_that_the_shop_committed_late_is_seen(runs: Any, shelves: Any) -> None:
    shelves.orders(100)
    first = runs.sync("orders")
    shelves.load("orders", shelves.order(50, orderId="late"))
    assert {"late"} <= set(runs.sync("orders", state=first.state).keys())


def test_every_state_resumes_without_loss(runs: Any, shelves: Any) -> None:
    made = shelves.orders(450)
    whole = runs.sync("orders").messages
    stops = [place for place, message in enumerate(whole) if message["type"] == "STATE"]
    assert len(stops) >= 5
    for stop in stops:
        before = [message["record"]["orderId"] for message in whole[:stop] if message["type"] == "RECORD"]
        after = runs.sync("orders", state=whole[stop]["value"]).keys()
        assert set(before) | set(after) == {order["orderId"] for order in made}
        assert len(after) == (61 if stop == stops[-1] else len(made) - len(before))


def test_a_run_that_broke_off_among_orders_of_one_instant_repeats_none(runs: Any, shelves: Any) -> None:
    made = [order["orderId"] for order in shelves.orders(350, updatedAt="2026-05-02T15:00:00Z")]
    whole = runs.sync("orders").messages
    for stop in [place for place, message in enumerate(whole) if message["type"] == "STATE"]:
        before = [message["record"]["orderId"] for message in whole[:stop] if message["type"] == "RECORD"]
        after = runs.sync("orders", state=whole[stop]["value"])
        complete = stop == len(whole) - 1
        assert after.keys() == (made if complete else made[len(before) :])  # a later run looks back
        assert after.state == whole[-1]["value"]


def test_what_is_new_may_come_late_so_a_run_that_broke_off_there_looks_back(runs: Any, shelves: Any) -> None:
    now = datetime.now(UTC).isoformat()
    shelves.orders(150, updatedAt=now)
    state = next(message["value"] for message in runs.sync("orders").messages if message["type"] == "STATE")
    assert len(runs.sync("orders", state=state).keys()) == 150


def test_a_bookmark_that_was_set_by_hand_is_taken_alone(runs: Any, shelves: Any) -> None:
    made = shelves.orders(300)
    state = next(message["value"] for message in runs.sync("orders").messages if message["type"] == "STATE")
    state["bookmarks"]["orders"]["replication_key_value"] = made[200]["updatedAt"]
    assert runs.sync("orders", state=state).keys()[0] == made[140]["orderId"]
    state["bookmarks"]["orders"]["reached"] = "nonsense"
    assert runs.sync("orders", state=state).keys()[0] == made[140]["orderId"]


def test_states_come_at_least_every_hundred_records(runs: Any, shelves: Any) -> None:
    shelves.orders(450)
    since = 0
    for message in runs.sync("orders").messages:
        since = 0 if message["type"] == "STATE" else since + (message["type"] == "RECORD")
        assert since <= 100


def test_start_date_leaves_out_what_is_older(runs: Any, shelves: Any) -> None:
    made = shelves.orders(120)
    assert runs.sync("orders", start_date=made[100]["updatedAt"]).keys() == [order["orderId"] for order in made[100:]]


def test_the_look_back_does_not_reach_before_start_date(runs: Any, shelves: Any) -> None:
    made = shelves.orders(120)
    state = runs.sync("orders").state
    assert len(runs.sync("orders", state=state, start_date=made[110]["updatedAt"]).keys()) == 10


def test_a_bookmark_is_utc_with_one_precision_whatever_the_shop_writes(shop: Any, canned: Any) -> None:
    rows = [
        {"orderId": "1", "updatedAt": "2026-05-02T15:00:00+02:00"},
        {"orderId": "2", "updatedAt": "2026-05-02T13:00:00.5Z"},
        {"orderId": "3", "updatedAt": "2026-05-02T13:00:01Z"},
    ]
    shop.says("/api/v1/orders", canned({"data": rows, "totalCount": 3, "hasMore": False}))
    output = shop.runs.sync("orders")
    assert output.state["bookmarks"]["orders"]["replication_key_value"] == "2026-05-02T13:00:01.000000Z"
    seen = [record["updatedAt"] for record in output.records["orders"]]
    assert seen == ["2026-05-02T13:00:00Z", "2026-05-02T13:00:00.5Z", "2026-05-02T13:00:01Z"]


def test_the_next_page_is_asked_for_in_the_shops_own_words(shop: Any, canned: Any) -> None:
    row = {"orderId": "1", "updatedAt": "2026-05-02T15:00:00.123456789+02:00"}
    shop.says("/api/v1/orders", canned({"data": [row], "totalCount": 2, "hasMore": True}))
    shop.runs.sync("orders")
    assert shop.asked[1].path.endswith("updatedSince=2026-05-02T15%3A00%3A00.123456789%2B02%3A00&afterId=1")


def test_a_row_ahead_of_its_page_does_not_carry_the_bookmark_away(shop: Any, canned: Any) -> None:
    stray, first, second = ({"orderId": f"{day}", "updatedAt": f"2026-05-0{day}T00:00:00Z"} for day in (9, 1, 2))
    shop.says("/api/v1/orders", canned({"data": [stray, first, second], "hasMore": True}))
    shop.says("/api/v1/orders", canned({"data": [second, stray], "hasMore": False}))
    assert shop.runs.sync("orders").keys() == ["1", "2", "2", "9"]


@pytest.mark.parametrize("rule", ["duplicate_rows", "truncate", "reset", "html500"])
def test_nothing_is_skipped_when_answers_go_wrong(rule: str, runs: Any, shelves: Any, sandbox: Any) -> None:
    made = shelves.orders(60)
    match = {"system": "clarity", "path": "/orders"}
    sandbox.faults([{"match": match, "do": rule, **({"rate": 1} if rule == "duplicate_rows" else {"times": 2})}])
    output = runs.sync("orders", page_size=25)
    assert set(output.keys()) == {order["orderId"] for order in made}
    assert output.state["bookmarks"]["orders"]["replication_key_value"] == "2026-05-02T00:01:00.000000Z"


def test_orders_that_change_while_they_are_read_are_all_seen_as_they_end(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.orders(400)
    headers, done = {"X-API-Key": sandbox.clarity_key}, threading.Event()

    def change() -> None:
        for turn in range(150):
            url = f"{sandbox.clarity_url}/orders/o-{1 + turn * 37 % 400:04}"
            requests.patch(url, json={"customerNote": f"note {turn}"}, headers=headers, timeout=10).raise_for_status()
        done.set()

    writer = threading.Thread(target=change)
    writer.start()
    outputs = [runs.sync("orders", page_size=10)]
    while not done.is_set():
        outputs.append(runs.sync("orders", page_size=10, state=outputs[-1].state))
    writer.join()
    outputs.append(runs.sync("orders", state=outputs[-1].state))
    seen = {(row["orderId"], row["version"]) for output in outputs for row in output.records["orders"]}
    ends = {(row["orderId"], row["version"]) for row in sandbox.snapshot()["clarity"]["orders"]}
    assert ends <= seen


def test_a_full_table_catalog_reads_all_each_time(runs: Any, shelves: Any) -> None:
    shelves.orders(80)
    catalog = runs.tap().catalog_dict
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
        stream["metadata"][-1]["metadata"] |= {"selected": True, "forced-replication-method": "FULL_TABLE"}
    first = runs.sync("orders", catalog=catalog)
    assert len(runs.sync("orders", catalog=catalog, state=first.state).keys()) == 80


def test_the_bookmark_of_another_tool_is_understood(runs: Any, shelves: Any) -> None:
    shelves.orders(100)
    state = {
        "bookmarks": {"orders": {"replication_key": "updatedAt", "replication_key_value": "2026-05-02T02:01:40+02:00"}}
    }
    output = runs.sync("orders", state=state)
    assert len(output.keys()) == 61
    assert datetime.fromisoformat(output.state["bookmarks"]["orders"]["replication_key_value"]) == datetime(
        2026, 5, 2, 0, 1, 40, tzinfo=UTC
    )
