"""Writes to the shop."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox import wire


def test_a_change_bumps_version_and_time_and_touches_nothing_else(shop: Any, order: dict[str, Any]) -> None:
    changed = wire.decode(shop.call("PATCH", "orders/100234", json={"status": "completed"}).content)
    assert changed["version"] == 4
    assert changed["updatedAt"] > order["updatedAt"]
    assert changed == {**order, "status": "completed", "version": 4, "updatedAt": changed["updatedAt"]}
    assert changed["totalAmount"] == Decimal("208.38")


@pytest.mark.parametrize(
    "body", [{}, {"status": "shipped"}, {"trackingNumber": None}, {"shippingAddress": {"city": "Austin"}}]
)
def test_a_patch_that_changes_nothing_bumps_nothing(shop: Any, order: dict[str, Any], body: dict[str, Any]) -> None:
    shop.load("orders", {**order, "trackingNumber": None})
    before = shop.stored("orders")
    assert shop.call("PATCH", "orders/100234", json=body).status_code == 200
    assert shop.stored("orders") == before


def test_objects_merge_and_null_clears(shop: Any, order: dict[str, Any]) -> None:
    shop.call("PATCH", "orders/100234", json={"shippingAddress": {"line1": None, "line2": "Apt 1"}})
    assert shop.stored("orders")[0]["shippingAddress"] == {"line1": None, "line2": "Apt 1", "city": "Austin"}
    assert order["version"] == 3


@pytest.mark.parametrize("version", ["3", '"3"', 'W/"3"', "*"])
def test_if_match_lets_the_known_version_pass(shop: Any, order: dict[str, Any], version: str) -> None:
    answer = shop.call("PATCH", "orders/100234", json={"customerNote": "hi"}, headers={"If-Match": version})
    assert answer.json()["version"] == order["version"] + 1


def test_if_match_stops_a_write_on_a_record_that_moved_on(shop: Any, order: dict[str, Any]) -> None:
    answer = shop.call("PATCH", "orders/100234", json={"customerNote": "hi"}, headers={"If-Match": "2"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "version_conflict")
    assert wire.decode(answer.content)["current"] == order
    assert shop.call("PATCH", "orders/100234", json={}, headers={"If-Match": "x"}).status_code == 400


def test_a_sent_order_does_not_become_pending_again(shop: Any, order: dict[str, Any]) -> None:
    answer = shop.call("PATCH", "orders/100234", json={"status": "pending"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "status"
    assert shop.stored("orders") == [order]


def test_all_invalid_fields_are_named_at_once(shop: Any, order: dict[str, Any]) -> None:
    body = {"totalAmount": 1, "salesRepEmail": "nobody", "trackingNumber": 7}
    answer = shop.call("PATCH", f"orders/{order['orderId']}", json=body)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == list(body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_json_object_is_malformed(shop: Any, order: dict[str, Any], body: bytes) -> None:
    assert shop.call("PATCH", f"orders/{order['orderId']}", data=body).status_code == 400


def test_a_customer_is_made_once_per_email(shop: Any) -> None:
    made = shop.call("POST", "customers", json={"email": "ada@acme.example", "firstName": "Ada"})
    again = shop.call("POST", "customers", json={"email": "ADA@acme.example"})
    assert made.status_code == 201
    assert made.json()["version"] == 1
    assert (again.status_code, again.json()["error"]["code"]) == (409, "customer_exists")
    assert again.json()["customerId"] == made.json()["customerId"]
    assert shop.call("POST", "customers", json={"phone": "1"}).status_code == 422


def test_a_customer_keeps_what_a_patch_leaves_out(shop: Any) -> None:
    shop.load("customers", {"customerId": "C-1", "firstName": "Ada", "phone": "1", "addresses": [{"city": "A"}]})
    shop.call("PATCH", "customers/C-1", json={"phone": None, "addresses": [{"city": "B"}, {"city": "C"}]})
    customer = shop.stored("customers")[0]
    assert (customer["firstName"], customer["phone"], customer["version"]) == ("Ada", None, 2)
    assert customer["addresses"] == [{"city": "B"}, {"city": "C"}]


def test_a_note_is_written_once_per_external_id(shop: Any, order: dict[str, Any]) -> None:
    note = {"text": "Called", "externalId": "task:1"}
    first, second = (shop.call("POST", "orders/100234/notes", json=note) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert shop.call("POST", "orders/100234/notes", json={"text": "Called"}).status_code == 201
    assert shop.call("POST", "orders/none/notes", json=note).status_code == 404
    assert shop.call("POST", "orders/100234/notes", json={"text": " "}).status_code == 422
    assert len(shop.stored("notes")) == 2
    assert shop.stored("orders") == [order]


def test_an_order_has_one_open_invoice(shop: Any, order: dict[str, Any]) -> None:
    made = shop.call("POST", "invoices", json={"orderId": "100234", "dueDate": "2026-06-01"})
    again = shop.call("POST", "invoices", json={"orderId": "100234"})
    invoice = wire.decode(made.content)
    assert (made.status_code, invoice["status"], invoice["amountDue"]) == (201, "unpaid", order["totalAmount"])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "invoice_exists")
    assert again.json()["invoiceId"] == invoice["invoiceId"]
    assert shop.call("PATCH", f"invoices/{invoice['invoiceId']}", json={"status": "paid"}).json()["amountDue"] == 0
    assert shop.call("POST", "invoices", json={"orderId": "100234"}).status_code == 201
    assert shop.call("POST", "invoices", json={"orderId": "none"}).status_code == 422
    assert shop.call("PATCH", f"invoices/{invoice['invoiceId']}", json={"status": "late"}).status_code == 422


def test_the_same_idempotency_key_gives_the_first_answer_for_a_day(shop: Any) -> None:
    def post(**body: str) -> Any:
        return shop.call("POST", "customers", json=body, headers={"Idempotency-Key": "k-1"})

    first, again = post(email="a@acme.example"), post(email="a@acme.example")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert post(email="b@acme.example").status_code == 422
    shop.sandbox.clock(advance=24 * 3600 + 1)
    assert post(email="a@acme.example").status_code == 409
    assert len(shop.stored("customers")) == 1
