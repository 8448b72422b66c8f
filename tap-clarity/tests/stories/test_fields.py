"""Values arrive as the shop wrote them, known or not."""

import json
from decimal import Decimal
from typing import Any

import pytest

ROW = '"orderId":"1","updatedAt":"2026-05-02T15:00:00Z"'


def written(shop: Any, canned: Any, fields: str) -> Any:
    """The line that the program writes for an order with these fields."""
    shop.says("/api/v1/orders", canned(f'{{"data":[{{{ROW},{fields}}}],"hasMore":false}}'.encode()))
    return next(line for line in shop.runs.program().stdout.splitlines() if line.startswith('{"type":"RECORD"'))


@pytest.mark.parametrize(
    "digits",
    ["0.1", "208.38", "208.380", "0.1234567890123456789012345", "-0.00", "123456789012345678901234567890", "1E+3"],
)
def test_money_keeps_its_digits(digits: str, shop: Any, canned: Any) -> None:
    line = written(shop, canned, f'"totalAmount":{digits}')
    assert f'"totalAmount":{digits},' in line or f'"totalAmount":{digits}}}' in line


def test_money_is_decimal_inside_the_tap(shop: Any, canned: Any) -> None:
    row = {"orderId": "1", "updatedAt": "2026-05-02T15:00:00Z", "totalAmount": 0.1}
    shop.says("/api/v1/orders", canned({"data": [row], "hasMore": False}))
    (record,) = shop.runs.tap("orders").streams["orders"].get_records(None)
    assert record["totalAmount"] == Decimal("0.1")
    assert isinstance(record["totalAmount"], Decimal)


def test_what_the_schema_does_not_know_is_kept_where_it_was(runs: Any, shelves: Any) -> None:
    shelves.load(
        "orders",
        shelves.order(
            1,
            giftWrap=True,
            customer={"from": "the shop itself"},
            shippingAddress={"city": "Austin", "doorCode": "7"},
            lineItems=[{"sku": "BOLT-M8", "engraving": {"text": "A.B."}}, {"sku": "NUT-M8"}],
        ),
    )
    (order,) = runs.sync("orders").records["orders"]
    assert order["_extra"] == {"giftWrap": True, "customer": {"from": "the shop itself"}}
    assert order["shippingAddress"] == {"city": "Austin", "_extra": {"doorCode": "7"}}
    assert order["lineItems"] == [{"sku": "BOLT-M8", "_extra": {"engraving": {"text": "A.B."}}}, {"sku": "NUT-M8"}]


def test_an_ordinary_record_has_no_extra(runs: Any, shelves: Any) -> None:
    shelves.orders(1)
    assert "_extra" not in runs.sync("orders").records["orders"][0]


def test_a_status_of_this_shop_is_data(runs: Any, shelves: Any) -> None:
    shelves.orders(1, status="waiting_for_pickup")
    assert runs.sync("orders").records["orders"][0]["status"] == "waiting_for_pickup"


def test_text_survives_and_half_a_character_stops_nothing(shop: Any, canned: Any) -> None:
    line = written(shop, canned, r'"customerNote":"Zoë 🚀 \ud83d\ude80 \ud83d","orderNumber":"0.10"')
    assert '"customerNote":"Zoë 🚀 🚀 ?"' in line
    assert '"orderNumber":"0.10"' in line


def test_all_schemas_come_before_the_first_record(runs: Any, shelves: Any) -> None:
    shelves.orders(1)
    kinds = [message["type"] for message in runs.sync().messages]
    assert "SCHEMA" not in kinds[kinds.index("RECORD") :]


def test_streams_come_in_the_order_in_which_they_refer_to_each_other(runs: Any) -> None:
    schemas = [message["stream"] for message in runs.sync().messages if message["type"] == "SCHEMA"]
    assert schemas == ["customers", "products", "orders", "payments", "invoices"]


def test_a_deselected_stream_is_not_asked_for(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.orders(1)
    sandbox.clear_requests()
    assert set(runs.sync("orders").records) == {"orders"}
    assert [entry["path"] for entry in sandbox.requests("clarity")] == ["/api/v1/orders"]


def test_fields_are_flattened_and_left_out_as_settings_say(runs: Any, shelves: Any) -> None:
    shelves.load("orders", shelves.order(1, shippingAddress={"city": "Austin", "doorCode": "7"}))
    (flat,) = runs.sync("orders", flattening_enabled=True, flattening_max_depth=1).records["orders"]
    assert flat["shippingAddress__city"] == "Austin"
    catalog = runs.tap("orders").catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ("properties", "email"):
                entry["metadata"]["selected"] = False
    (record,) = runs.sync("orders", catalog=catalog).records["orders"]
    assert "email" not in record
    assert record["shippingAddress"] == {"city": "Austin", "_extra": {"doorCode": "7"}}


def test_no_line_is_torn_where_python_does_not_buffer(runs: Any, shelves: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    shelves.orders(300)
    lines = runs.program().stdout.splitlines()
    assert sum(json.loads(line)["type"] == "RECORD" for line in lines) == 300
