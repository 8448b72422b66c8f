"""Lists of the shop: nothing is skipped, whatever happens meanwhile."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox import wire


def order(number: int, updated_at: str, **more: Any) -> dict[str, Any]:
    return {"orderId": str(number), "status": "pending", "updatedAt": updated_at, **more}


def pages(shop: Any, plural: str, id_name: str, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        page = shop.get(plural, limit=limit, **query)
        rows += page["data"]
        if not page["hasMore"]:
            return rows
        query = {"updatedSince": rows[-1]["updatedAt"], "afterId": rows[-1][id_name]}


def test_pages_are_ordered_by_change_then_id_and_meet_every_row_once(shop: Any) -> None:
    same, later = "2026-01-05T00:00:00Z", "2026-01-05T01:00:00+02:00"
    shop.load("orders", *(order(number, same) for number in (30, 4, 100, 21)), order(7, later))
    assert [row["orderId"] for row in pages(shop, "orders", "orderId", 2)] == ["7", "100", "21", "30", "4"]


def test_a_reader_loses_no_row_while_a_writer_changes_them(shop: Any) -> None:
    shop.load("orders", *(order(number, f"2026-01-05T00:{number % 60:02d}:00Z") for number in range(100, 400)))
    stop = threading.Event()

    def write() -> None:
        for number in range(100, 400, 7):
            shop.sandbox.load([{"system": "clarity", "type": "orders", "record": {"orderId": str(number)}}])
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    rows = pages(shop, "orders", "orderId", 9)
    stop.set()
    writer.join()
    assert {row["orderId"] for row in rows} == {str(number) for number in range(100, 400)}


@pytest.mark.parametrize(("ahead", "ids"), [(timedelta(hours=1), ["2", "1"]), (timedelta(days=900), ["1", "2"])])
def test_a_change_moves_a_row_to_the_very_end_but_for_what_is_days_ahead(
    shop: Any, ahead: timedelta, ids: list[str]
) -> None:
    later = (datetime.now(UTC) + ahead).isoformat()
    shop.load("orders", order(1, "2026-01-01T00:00:00Z"), order(2, later))
    shop.call("PATCH", "orders/1", json={"status": "shipped"})
    assert [row["orderId"] for row in shop.get("orders")["data"]] == ids


def test_updated_since_is_inclusive_and_counts_what_is_left(shop: Any) -> None:
    shop.load("orders", *(order(day, f"2026-01-{day:02d}T00:00:00Z") for day in range(1, 10)))
    page = shop.get("orders", updatedSince="2026-01-04T00:00:00Z", limit=2)
    assert [row["orderId"] for row in page["data"]] == ["4", "5"]
    assert (page["totalCount"], page["hasMore"]) == (6, True)


def test_fifty_rows_are_usual_and_250_the_most(shop: Any) -> None:
    shop.load("orders", *(order(number, "2026-01-01T00:00:00Z") for number in range(300)))
    assert len(shop.get("orders")["data"]) == 50
    assert len(shop.get("orders", limit=1000)["data"]) == 250


def test_ids_fetch_exactly_the_records_that_exist(shop: Any) -> None:
    shop.load("customers", *({"customerId": f"C-{number}"} for number in range(5)))
    page = shop.get("customers", ids="C-3,C-1,C-99", limit=1)
    assert [row["customerId"] for row in page["data"]] == ["C-1", "C-3"]
    assert not page["hasMore"]
    assert shop.call("GET", "customers", params={"ids": ",".join(map(str, range(101)))}).status_code == 400


def test_lists_filter_by_status_customer_and_email(shop: Any) -> None:
    shop.load("orders", *(order(number, "2026-01-01T00:00:00Z", customerId=f"C-{number % 2}") for number in range(4)))
    shop.load("orders", order(9, "2026-01-01T00:00:00Z", customerId="C-1", status="shipped"))
    shop.load("customers", {"customerId": "C-1", "email": "Ada@Acme.example"}, {"customerId": "C-2", "email": None})
    assert [row["orderId"] for row in shop.get("orders", customerId="C-1", limit=2)["data"]] == ["1", "3"]
    assert shop.get("orders", customerId="C-1", limit=2)["totalCount"] == 3
    assert [row["orderId"] for row in shop.get("orders", status="shipped", customerId="C-1")["data"]] == ["9"]
    assert [row["customerId"] for row in shop.get("customers", email="ADA@acme.example")["data"]] == ["C-1"]


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "many"}, {"updatedSince": "yesterday"}, {"afterId": "1"}, {"updatedSince": ""}]
)
def test_a_malformed_query_is_refused(shop: Any, query: dict[str, str]) -> None:
    answer = shop.call("GET", "orders", params=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_request")


def test_money_keeps_its_digits(shop: Any) -> None:
    shop.load("products", {"productId": "P-1", "price": Decimal("18.00"), "cost": Decimal("0.1000")})
    answer = shop.call("GET", "products/P-1")
    assert b'"price":18.00,"cost":0.1000' in answer.content
    assert wire.decode(answer.content)["price"] == Decimal("18.00")


def test_what_is_not_there_is_a_404(shop: Any) -> None:
    assert shop.call("GET", "orders/none").json()["error"]["code"] == "not_found"
    assert shop.call("GET", "carts").status_code == 404
    assert shop.call("DELETE", "orders/1").status_code == 404
