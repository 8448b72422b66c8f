"""Webhooks of the shop: signed, and sent until they are heard."""

import itertools
import json
import queue
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from standardwebhooks import Webhook

ALL = ["order.created", "order.status_changed", "order.updated", "customer.updated", "payment.captured"]
RETRIES = [5, 300, 1800, 7200, 18000, 36000, 50400]


class Receiver:
    """Hears webhooks; answers what it is told to."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.answer)
                self.send_header("content-length", "0")
                self.end_headers()
                receiver.heard.put(({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/clarity?of=shop"

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.heard.get(timeout=5)

    def events(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(self.next()[1]) for _ in range(count)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def subscribe(shop: Any, receiver: Receiver, *events: str, **more: Any) -> dict[str, Any]:
    answer = shop.call("POST", "webhooks", json={"url": receiver.url, "events": events or ALL, **more})
    assert answer.status_code == 201
    subscription: dict[str, Any] = answer.json()
    return subscription


def is_active(shop: Any) -> bool:
    return bool(shop.get("webhooks")["data"][0]["isActive"])


def until(shop: Any, name: str, value: int) -> None:
    """Wait until the sandbox counts so many deliveries as `sent` or `pending`."""
    deadline = time.monotonic() + 60
    while (counts := shop.sandbox.hooks())[name] != value:
        assert time.monotonic() < deadline, counts


def sent(shop: Any, count: int) -> None:
    until(shop, "sent", count)


def test_a_status_change_is_told_and_signed(shop: Any, order: dict[str, Any], receiver: Receiver) -> None:
    hook = subscribe(shop, receiver, "order.status_changed")
    shop.call("PATCH", "orders/100234", json={"status": "completed"})
    headers, body = receiver.next()
    told = Webhook(hook["secret"]).verify(body, headers)
    assert told["type"] == "order.status_changed"
    assert told["data"] == {"orderId": "100234", "status": "completed", "version": 4, "previousStatus": "shipped"}
    assert order["status"] == "shipped"


def test_two_signatures_while_a_secret_is_rotated(shop: Any, order: dict[str, Any], receiver: Receiver) -> None:
    old, new = "whsec_b2xkLXNlY3JldC1vbGQ=", "whsec_bmV3LXNlY3JldC1uZXc="
    subscribe(shop, receiver, secret=new)
    shop.sandbox.hooks(also_sign_with=old)
    change(shop, f"not {order['orderId']}")
    headers, body = receiver.next()
    assert len(headers["webhook-signature"].split()) == 2
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)


def test_new_records_and_payments_are_told_but_no_noise(shop: Any, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.load("orders", {"orderId": "1", "status": "pending", "version": 1})
    shop.load("payments", {"paymentId": "PAY-1", "orderId": "1", "status": "captured"})
    shop.load("customers", {"customerId": "C-1"})
    shop.call("PATCH", "orders/1", json={"status": "pending"})
    shop.call("PATCH", "customers/C-1", json={"phone": "1"})
    told = {event["type"]: event["data"] for event in receiver.events(3)}
    assert told["order.created"] == {"orderId": "1", "status": "pending", "version": 1}
    assert told["payment.captured"] == {"paymentId": "PAY-1", "orderId": "1", "status": "captured"}
    assert told["customer.updated"] == {"customerId": "C-1", "version": 2}
    sent(shop, 3)


def test_a_quiet_load_tells_nobody(shop: Any, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.sandbox.load([{"system": "clarity", "type": "orders", "record": {"orderId": "1"}}], events=False)
    assert shop.sandbox.hooks()["pending"] == 0


def change(shop: Any, note: str) -> None:
    assert shop.call("PATCH", "orders/100234", json={"customerNote": note}).status_code == 200


def test_what_is_not_heard_is_sent_again_by_the_schedule(shop: Any, order: dict[str, Any], receiver: Receiver) -> None:
    hook = subscribe(shop, receiver)
    receiver.answer = 500
    change(shop, "hi")
    ids = {receiver.next()[0]["webhook-id"]}
    for count, seconds in enumerate(RETRIES, 1):
        sent(shop, count)
        shop.sandbox.clock(advance=seconds - 1)
        sent(shop, count)
        shop.sandbox.clock(advance=1)
        headers, body = receiver.next()
        Webhook(hook["secret"]).verify(body, headers)
        ids.add(headers["webhook-id"])
    sent(shop, 1 + len(RETRIES))
    assert len(ids) == 1
    assert shop.sandbox.hooks()["pending"] == 0
    assert is_active(shop)
    assert order["version"] == 3


def test_gone_removes_the_webhook(shop: Any, order: dict[str, Any], receiver: Receiver) -> None:
    subscribe(shop, receiver)
    receiver.answer = 410
    change(shop, f"not {order['orderId']}")
    sent(shop, 1)
    assert shop.get("webhooks")["data"] == []


@pytest.mark.usefixtures("order")
def test_five_days_of_failures_switch_it_off_and_a_success_in_between_does_not(shop: Any, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    counter = itertools.count(1)

    def answered(answer: int) -> bool:
        receiver.answer = answer
        sent(shop, next(counter))
        return is_active(shop)

    def days_later(days: float, answer: int) -> bool:
        receiver.answer = answer
        shop.sandbox.clock(advance=days * 24 * 3600)
        return answered(answer)

    receiver.answer = 500
    change(shop, "a")
    assert answered(500)
    assert days_later(3, 500)
    assert days_later(1, 200)
    receiver.answer = 500
    change(shop, "b")
    assert answered(500)
    assert days_later(3, 500)
    assert not days_later(3, 500)
    assert shop.sandbox.hooks()["pending"] == 0


def test_deliveries_can_be_repeated_lost_and_shuffled(shop: Any, receiver: Receiver) -> None:
    subscribe(shop, receiver, "order.created")
    shop.sandbox.hooks(duplicate=1)
    shop.load("orders", {"orderId": "1"})
    assert receiver.next()[0]["webhook-id"] == receiver.next()[0]["webhook-id"]
    shop.sandbox.hooks(drop=1)
    shop.load("orders", {"orderId": "2"})
    until(shop, "dropped", 1)
    until(shop, "pending", 0)
    assert shop.sandbox.hooks()["duplicated"] == 1
    shop.sandbox.hooks(reorder=8)
    shop.load("orders", *({"orderId": str(number)} for number in range(10, 18)))
    assert sorted(event["data"]["orderId"] for event in receiver.events(8)) == [str(n) for n in range(10, 18)]


def test_a_subscription_is_listed_without_its_secret_and_can_be_ended(shop: Any, receiver: Receiver) -> None:
    hook = subscribe(shop, receiver, "order.created")
    shown = {name: value for name, value in hook.items() if name != "secret"}
    assert shop.get("webhooks")["data"] == shop.stored("webhooks") == [shown]
    assert shop.call("DELETE", f"webhooks/{hook['webhookId']}").status_code == 204
    assert shop.call("DELETE", f"webhooks/{hook['webhookId']}").status_code == 404
    assert shop.get("webhooks")["data"] == []


@pytest.mark.parametrize(
    "wrong", [{"url": "ftp://x"}, {"events": []}, {"events": ["order.eaten"]}, {"secret": "plain!"}, {"more": 1}]
)
def test_a_subscription_that_makes_no_sense_is_refused(shop: Any, wrong: dict[str, Any]) -> None:
    body = {"url": "http://127.0.0.1/", "events": ["order.created"], **wrong}
    answer = shop.call("POST", "webhooks", json=body)
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [*wrong]
