"""No record and no STATE makes the tap skip what changed, stop for good, or end in a traceback."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

STREAMS = {
    "customers": "customerId",
    "products": "productId",
    "orders": "orderId",
    "payments": "paymentId",
    "invoices": "invoiceId",
}
YEAR_9999 = "9999-12-31T23:59:59.999Z"


def row(stream: str, key: str, updated_at: Any, **own: Any) -> dict[str, Any]:
    return {STREAMS[stream]: key, "updatedAt": updated_at, **own}


def keys(output: Any, stream: str) -> list[str]:
    return [record[STREAMS[stream]] for record in output.records[stream]]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("ahead", ["two days", "year 9999"])
def test_a_record_of_the_future_hides_nothing(stream: str, ahead: str, runs: Any, shelves: Any, caplog: Any) -> None:
    future = in_days(2) if ahead == "two days" else YEAR_9999
    shelves.load(stream, row(stream, "old", "2026-05-02T00:00:00Z"), row(stream, "future", future))
    first = runs.sync(stream, page_size=1)
    assert set(keys(first, stream)) == {"old", "future"}
    bookmark = instant(first.state["bookmarks"][stream]["replication_key_value"])
    assert bookmark <= datetime.now(UTC) - timedelta(seconds=59)
    assert sum("ahead of the server's clock" in line for line in caplog.messages) == 1
    assert f"{stream}: 1 (future) with updatedAt ahead" in caplog.text

    shelves.load(stream, row(stream, "new", in_days(0)))
    second = runs.sync(stream, page_size=1, state=first.state)
    assert "new" in keys(second, stream)
    assert "old" not in keys(second, stream)
    shelves.load(stream, row(stream, "newer", in_days(0)))
    assert "newer" in keys(runs.sync(stream, state=second.state), stream)


def test_a_page_full_of_the_future_is_read_to_its_end(runs: Any, shelves: Any, caplog: Any) -> None:
    shelves.orders(5)
    shelves.load("orders", *(shelves.order(number, orderId=f"f-{number}", updatedAt=YEAR_9999) for number in range(35)))
    first = runs.sync("orders", page_size=10)
    assert len(set(first.keys())) == len(first.keys()) == 40
    assert "orders: 35 (" in caplog.text
    second = runs.sync("orders", page_size=10, state=first.state)
    assert len(second.keys()) == 35  # what changed in the future may have changed again


def test_what_a_shop_changes_beside_a_record_of_the_future_is_seen(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.orders(30)
    shelves.load("orders", shelves.order(99, updatedAt=in_days(2)))
    state = runs.sync("orders").state
    for turn in range(3):
        url = f"{sandbox.clarity_url}/orders/o-0007"
        answer = requests.patch(
            url, json={"customerNote": f"{turn}"}, headers={"X-API-Key": sandbox.clarity_key}, timeout=10
        )
        answer.raise_for_status()
        output = runs.sync("orders", state=state, lookback_seconds=0)
        state = output.state
        assert answer.json()["version"] in [r["version"] for r in output.records["orders"] if r["orderId"] == "o-0007"]


def test_the_shops_clock_counts_and_not_ours(shop: Any, canned: Any) -> None:
    """A shop whose clock is years behind ours, and whose records are ahead of it."""
    rows = [row("orders", "a", "2020-05-01T00:00:00Z"), row("orders", "b", "2020-05-04T00:00:00Z")]
    page = {"data": rows, "hasMore": False}
    shop.says("/api/v1/orders", canned(page, headers={"Date": "Sat, 02 May 2020 12:00:00 GMT"}))
    output = shop.runs.sync("orders")
    assert output.keys() == ["a", "b"]
    assert output.state["bookmarks"]["orders"]["replication_key_value"] == "2020-05-02T11:59:00.000000Z"


@pytest.mark.parametrize("ahead", ["two days", "year 9999"])
def test_a_bookmark_of_the_future_is_put_back_to_the_shops_clock(
    ahead: str, runs: Any, shelves: Any, caplog: Any
) -> None:
    """As the version before left it behind a record of the future."""
    future = in_days(2) if ahead == "two days" else YEAR_9999
    shelves.orders(20)
    shelves.load("orders", shelves.order(77, updatedAt=in_days(0)))
    state = {"bookmarks": {"orders": {"replication_key": "updatedAt", "replication_key_value": future}}}
    output = runs.sync("orders", state=state)
    assert output.keys() == ["o-0077"]
    assert instant(output.state["bookmarks"]["orders"]["replication_key_value"]) < datetime.now(UTC)
    assert sum("ahead of the shop's clock" in line for line in caplog.messages) == 1


ODD_TIMES = {
    "before the first year": "0001-01-01T00:00:00+05:00",
    "after the last year": "9999-12-31T23:59:59-05:00",
    "zero date": "0000-00-00 00:00:00",
    "no such day": "2026-02-30T10:00:00Z",
    "no such second": "2026-05-02T10:00:61Z",
    "garbage": "n/a",
    "a number": 1_777_680_000_000,
    "null": None,
    "a list": ["2026-05-02T10:00:00Z"],
}


@pytest.mark.parametrize("odd", ODD_TIMES.values(), ids=ODD_TIMES.keys())
def test_a_record_without_a_time_comes_and_the_others_go_on(odd: Any, shop: Any, canned: Any, caplog: Any) -> None:
    first = [row("orders", "a", "2026-05-01T00:00:00Z"), row("orders", "odd", odd, status="pending")]
    shop.says("/api/v1/orders", canned({"data": first, "hasMore": True}))
    shop.says("/api/v1/orders", canned({"data": [row("orders", "b", "2026-05-02T00:00:00Z")], "hasMore": False}))
    output = shop.runs.sync("orders")
    assert sorted(output.keys()) == ["a", "b", "odd"]
    (record,) = [r for r in output.records["orders"] if r["orderId"] == "odd"]
    assert record["updatedAt"] is None
    assert record["status"] == "pending"
    assert record.get("_extra", {}).get("updatedAt") == odd
    assert output.state["bookmarks"]["orders"]["replication_key_value"] == "2026-05-02T00:00:00.000000Z"
    assert sum("(odd) whose updatedAt is missing or no instant" in line for line in caplog.messages) == 1
    assert shop.runs.sync("orders", state=output.state).keys() == []


@pytest.mark.parametrize(
    ("odd", "read_as"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("2026-05-02T23:59:60Z", "2026-05-03T00:00:00Z"),
        ("2026-05-02T24:00:00Z", "2026-05-03T00:00:00Z"),
        ("2026-05-02", "2026-05-02T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_an_odd_instant_is_one(odd: str, read_as: str, shop: Any, canned: Any) -> None:
    shop.says("/api/v1/orders", canned({"data": [row("orders", "a", odd)], "hasMore": False}))
    output = shop.runs.sync("orders")
    assert [record["updatedAt"] for record in output.records["orders"]] == [read_as]
    assert shop.runs.sync("orders", state=output.state).keys() == []


BOOKMARK = {"replication_key": "updatedAt", "replication_key_value": "2026-05-02T00:01:30.000000Z"}


@pytest.mark.parametrize(
    "text",
    [
        "null",
        '"2026-05-02T00:00:00Z"',
        "5",
        "[]",
        '{"bookmarks": null}',
        '{"bookmarks": []}',
        '{"bookmarks": {"orders": null}}',
        '{"bookmarks": {"orders": "2026-05-02T00:00:00Z"}}',
        '{"bookmarks": {"orders": {"replication_key_value": 5}}}',
        '{"bookmarks": {"orders": {"partitions": [{"context": {}}]}}}',
        '{"bookmarks": {"deals": {}}}',
        '{"bookmarks": {"events": {"replication_key_value": "x"}}}',
        '{"orders": {"replication_key_value": "2026-05-02T00:00:00Z"}}',
        '{"singer_state": null}',
        "\xff",
        "[" * 100_000,
    ],
)
def test_a_state_of_a_wrong_shape_is_one_line(text: str, runs: Any, tmp_path: Any) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(text.encode("latin-1"))
    done = runs.program("--state", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    lines = [line for line in done.stderr.splitlines() if "| INFO" not in line]
    assert len(lines) == 1, done.stderr
    assert "STATE" in lines[0] or "--state" in lines[0]


@pytest.mark.parametrize("envelope", ["bookmarks", "singer_state", "value"])
def test_a_state_in_an_envelope_is_understood(envelope: str, runs: Any, shelves: Any, tmp_path: Any) -> None:
    shelves.orders(120)
    state: dict[str, Any] = {"bookmarks": {"orders": BOOKMARK}}
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state if envelope == "bookmarks" else {"type": "STATE", envelope: state}))
    done = runs.program("--state", str(file))
    assert done.returncode == 0, done.stderr
    keys = [json.loads(line)["record"]["orderId"] for line in done.stdout.splitlines() if '"RECORD"' in line]
    assert keys == [f"o-{number:04}" for number in range(30, 121)]
