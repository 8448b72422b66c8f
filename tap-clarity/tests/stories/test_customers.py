"""Each order carries its customer, for as few requests as that takes."""

from typing import Any


def lookups(sandbox: Any) -> list[int]:
    queries = [entry["query"] for entry in sandbox.requests("clarity") if entry["path"].endswith("/customers")]
    return [len(query.partition("ids=")[2].replace("%2C", ",").split(",")) for query in queries]


def test_an_order_carries_its_customer_and_a_guest_none(runs: Any, shelves: Any) -> None:
    shelves.load("customers", shelves.customer(1, attributes={"tier": "gold"}, birthday="1815-12-10"))
    shelves.load("orders", shelves.order(1, customerId="C-1"), shelves.order(2), shelves.order(3, customerId="C-gone"))
    known, guest, gone = (order["customer"] for order in runs.sync("orders").records["orders"])
    assert known["email"] == "ada1@acme.example"
    assert known["attributes"] == {"tier": "gold"}
    assert known["_extra"] == {"birthday": "1815-12-10"}
    assert (guest, gone) == (None, None)


def test_customers_are_fetched_a_hundred_at_a_time_and_once(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.load("customers", *(shelves.customer(number) for number in range(230)))
    shelves.load("orders", *(shelves.order(number, customerId=f"C-{number % 230}") for number in range(1, 481)))
    sandbox.clear_requests()
    orders = runs.sync("orders", page_size=240).records["orders"]
    assert all(order["customer"]["customerId"] == order["customerId"] for order in orders)
    assert lookups(sandbox) == [100, 100, 30]


def test_no_customer_is_fetched_when_nobody_wants_it(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.load("customers", shelves.customer(1))
    shelves.load("orders", shelves.order(1, customerId="C-1"))
    catalog = runs.tap().catalog_dict
    orders = next(stream for stream in catalog["streams"] if stream["stream"] == "orders")
    for entry in orders["metadata"]:
        entry["metadata"]["selected"] = entry["breadcrumb"] != ["properties", "customer"]
    sandbox.clear_requests()
    for output in (runs.sync("orders", embed_customer=False), runs.sync("orders", catalog=catalog)):
        assert "customer" not in output.records["orders"][0]
    assert lookups(sandbox) == []


def test_a_customer_field_can_be_deselected_for_every_order(runs: Any, shelves: Any) -> None:
    shelves.load("customers", shelves.customer(1, company={"name": "Acme", "domain": "acme.example"}))
    shelves.load("orders", *(shelves.order(number, customerId="C-1") for number in (1, 2)))
    catalog = runs.tap().catalog_dict
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = entry["breadcrumb"][-3:] != ["company", "properties", "domain"]
    output = runs.sync("orders", catalog=catalog)
    assert [order["customer"]["company"] for order in output.records["orders"]] == [{"name": "Acme"}] * 2
    schema = next(message["schema"] for message in output.messages if message["type"] == "SCHEMA")
    assert "domain" not in schema["properties"]["customer"]["properties"]["company"]["properties"]
