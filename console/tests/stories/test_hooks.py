"""What is taken in, and what is not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from running_receiver import NEW_SECRET, NEW_TOKEN, OLD_SECRET, OLD_TOKEN, Receiver, order_body, signed, unique

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1024 * 1024


def test_what_is_posted_is_in_the_feed(receiver: Receiver) -> None:
    order, customer, payment = unique("order"), unique("customer"), unique("payment")
    assert receiver.order(order, "order.status_changed") == 200
    notices = [
        {"type": "customer.updated", "data": {"customerId": customer, "version": 2}},
        {"type": "payment.captured", "data": {"paymentId": payment, "orderId": order, "status": "captured"}},
    ]
    for body in (json.dumps(notice).encode() for notice in notices):
        assert receiver.post("clarity/shop", body, signed(body, unique("msg"))).status_code == 200
    told = receiver.told("clarity")
    assert told[-3:] == [
        ("order.status_changed", order),
        ("customer.updated", customer),
        ("payment.captured", payment),
    ]


def test_an_array_is_a_row_for_each_object(receiver: Receiver) -> None:
    boxes = [{"key": unique("box"), "lastSavedTimestamp": 1, "name": "x" * 1000} for _ in range(3)]
    assert receiver.boxes("BOX_CHANGE_STAGE", *boxes) == 200
    assert receiver.told("streak")[-3:] == [("BOX_CHANGE_STAGE", box["key"]) for box in boxes]
    orders = [unique("order") for _ in range(2)]
    body = json.dumps([json.loads(order_body(order)) for order in orders]).encode()
    assert receiver.post("clarity/shop", body, signed(body, unique("msg"))).status_code == 200
    assert receiver.told("clarity")[-2:] == [("order.created", order) for order in orders]


def test_the_same_delivery_is_stored_once(receiver: Receiver) -> None:
    order, box = unique("order"), unique("box")
    for age in (0, 30):
        assert receiver.order(order, age=age) == 200
    for version in (1, 1, 2):
        assert receiver.boxes("BOX_EDIT", {"key": box, "lastSavedTimestamp": version}) == 200
    assert receiver.boxes("BOX_CHANGE_STAGE", {"key": box, "lastSavedTimestamp": 2}) == 200
    for name in ("a", "a", "b"):
        assert receiver.boxes("STAGE_CREATE", {"key": box, "name": name}) == 200
    assert receiver.told("clarity").count(("order.created", order)) == 1
    assert [type_ for type_, key in receiver.told("streak") if key == box] == [
        "BOX_EDIT",
        "BOX_EDIT",
        "BOX_CHANGE_STAGE",
        "STAGE_CREATE",
        "STAGE_CREATE",
    ]


def test_both_secrets_are_good_while_they_are_changed(receiver: Receiver) -> None:
    orders = [unique("order") for _ in range(3)]
    assert receiver.order(orders[0], secret=OLD_SECRET) == 200
    assert receiver.order(orders[1], secret=NEW_SECRET) == 200
    body, message_id = order_body(orders[2]), unique("msg")
    other, known = (signed(body, message_id, secret=secret) for secret in ("whsec_b3RoZXI=", OLD_SECRET))
    both = f"v1a,asymmetric {other['webhook-signature']} {known['webhook-signature']}"
    assert receiver.post("clarity/shop", body, known | {"webhook-signature": both}).status_code == 200
    assert receiver.told("clarity")[-3:] == [("order.created", order) for order in orders]
    box = {"key": unique("box"), "lastSavedTimestamp": 1}
    assert receiver.boxes("BOX_EDIT", box, token=OLD_TOKEN) == 200


def test_the_order_and_the_case_of_headers_do_not_matter(receiver: Receiver) -> None:
    order = unique("order")
    body = order_body(order)
    headers = signed(body, unique("msg"))
    shuffled = {name.title(): value for name, value in reversed(headers.items())}
    assert receiver.post("clarity/shop", body, shuffled).status_code == 200
    assert ("order.created", order) in receiver.told("clarity")


FORGERIES: dict[str, dict[str, Any]] = {
    "another secret": {"secret": "whsec_b3RoZXI="},
    "six minutes old": {"age": 360},
    "six minutes early": {"age": -360},
}


@pytest.mark.parametrize("signing", FORGERIES.values(), ids=FORGERIES)
def test_what_is_forged_or_replayed_is_refused(receiver: Receiver, signing: dict[str, Any]) -> None:
    before = receiver.told("clarity")
    assert receiver.order(unique("order"), **signing) == 401
    assert receiver.told("clarity") == before


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x", "v1,", "v1", "1e9", "é", ",", "9" * 40, "v1," * 5000])
def test_a_header_that_is_missing_or_nonsense_is_refused(receiver: Receiver, header: str, value: str | None) -> None:
    body = order_body(unique("order"))
    headers: dict[str, Any] = signed(body, unique("msg"))
    del headers[header]
    if value is not None:
        headers[header] = value.encode("latin-1")
    before = receiver.told("clarity")
    assert receiver.post("clarity/shop", body, headers).status_code == 401
    assert receiver.told("clarity") == before


def test_another_body_under_a_good_signature_is_refused(receiver: Receiver) -> None:
    headers = signed(order_body("1"), unique("msg"))
    assert receiver.post("clarity/shop", order_body("2"), headers).status_code == 401


def test_streak_needs_its_token_in_the_path_and_the_same_in_the_header(receiver: Receiver) -> None:
    before = receiver.told("streak")
    box = {"key": unique("box"), "lastSavedTimestamp": 1}
    assert receiver.boxes("BOX_EDIT", box, token="guess") == 401
    assert receiver.boxes("BOX_EDIT", box, token="%C3%A9%00%ff") == 401
    assert receiver.boxes("BOX_EDIT", box, **{"X-Streak-Webhook-Token": "guess"}) == 401
    assert receiver.boxes("BOX_EDIT", box, **{"X-Streak-Webhook-Token": ""}) == 401
    assert receiver.told("streak") == before
    assert receiver.boxes("BOX_EDIT", box, **{"X-Streak-Webhook-Token": NEW_TOKEN}) == 200
    assert receiver.told("streak")[len(before) :] == [("BOX_EDIT", box["key"])]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"x"',
        b"[7]",
        b"[[]]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"type":7,"data":{}}',
        b'{"data":{}}',
    ],
)
def test_a_body_that_is_not_what_the_vendor_sends_is_refused(receiver: Receiver, body: bytes) -> None:
    signature = signed(body.decode("latin-1").encode(), "x") if body.isascii() else {}
    expected = 400 if body.isascii() else 401
    assert receiver.post("clarity/shop", body, signature).status_code == expected
    if body[:1] != b"{" or body == b"{":
        assert receiver.post(f"streak/{NEW_TOKEN}/BOX_EDIT", body).status_code == 400


@pytest.mark.parametrize("id_", [None, "", {}, [1], True, 1.5, "a\nb", "a\x00b", "\ud800", "x" * 201])
def test_what_names_no_object_is_answered_and_left_aside(receiver: Receiver, id_: Any) -> None:
    before = receiver.told("clarity"), receiver.told("streak")
    body = json.dumps({"type": "order.created", "data": {"orderId": id_}}).encode()
    assert receiver.post("clarity/shop", body, signed(body, unique("msg"))).status_code in (200, 400)
    assert receiver.boxes("BOX_EDIT", {"key": id_}) in (200, 400)
    assert (receiver.told("clarity"), receiver.told("streak")) == before


def test_a_mebibyte_is_taken_and_one_byte_more_is_not(receiver: Receiver) -> None:
    order = unique("order")
    full = order_body(order).ljust(MEBIBYTE)
    assert receiver.post("clarity/shop", full, signed(full, unique("msg"))).status_code == 200
    more = order_body(unique("order")).ljust(MEBIBYTE + 1)
    assert receiver.post("clarity/shop", more, signed(more, unique("msg"))).status_code == 413
    assert receiver.post("clarity/shop", (b"x" * 65536 for _ in range(100))).status_code == 413
    assert receiver.told("clarity")[-1] == ("order.created", order)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_but_a_post_to_an_exact_path(receiver: Receiver, method: str) -> None:
    for path in ("clarity/shop", f"streak/{NEW_TOKEN}/BOX_EDIT"):
        assert receiver.client.request(method, f"{receiver.hooks}/hooks/{path}").status_code == 405
    for path in ("clarity/shop/", "clarity/other", "clarity", f"streak/{NEW_TOKEN}", f"streak/{NEW_TOKEN}/box-edit"):
        assert receiver.post(path, b"[]").status_code == 404
    assert receiver.client.get(f"{receiver.hooks}/feed/clarity").status_code == 404


def test_nothing_secret_is_logged_or_stored(own_receiver: Receiver) -> None:
    canary = "Ada Byron canary"
    own_receiver.order(unique("order"))
    own_receiver.boxes("BOX_EDIT", {"key": unique("box"), "notes": canary, "lastSavedTimestamp": 1})
    own_receiver.boxes("BOX_EDIT", {"key": "k"}, token="a-guessed-token-canary")
    own_receiver.boxes("BOX_EDIT", {"notes": canary})
    own_receiver.post("clarity/shop", canary.encode(), {"webhook-id": "canary"})
    own_receiver.feed("clarity", token="a-guess-canary")
    own_receiver.stop()
    kept = b"".join(path.read_bytes() for path in own_receiver.folder.iterdir()) + "".join(own_receiver.log).encode()
    secrets = (
        NEW_TOKEN,
        OLD_TOKEN,
        NEW_SECRET,
        NEW_SECRET.removeprefix("whsec_"),
        "canary",
        "read-the-feed",
        "/hooks/",
    )
    assert [secret for secret in secrets if secret.encode() in kept] == []
    assert "A webhook of clarity was refused" in "".join(own_receiver.log)


def test_strangers_cannot_fill_the_log(own_receiver: Receiver) -> None:
    began = time.monotonic()
    for _ in range(50):
        own_receiver.boxes("BOX_EDIT", token="guess")
        own_receiver.order("1", age=1000)
    own_receiver.stop()
    minutes = (time.monotonic() - began) // 60
    assert 2 < len(own_receiver.log) <= 5 + 2 * minutes


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clarity_secrets": "", "streak_tokens": ""}, "nobody may post"),
        ({"clarity_secrets": "whsec_plain!"}, "SYNC_CONSOLE_CLARITY_SECRETS: a secret is not base64"),
        ({"clarity_secrets": "whsec_"}, "a secret is empty"),
        ({"clarity_secrets": "a b c"}, "holds more than two"),
        ({"streak_tokens": "short"}, "a token has at least 16"),
        ({"clarity_secrets": "plain"}, "SYNC_CONSOLE_CLARITY_SECRETS: a secret is without whsec_"),
        ({"database": "/nowhere/console.db"}, "SYNC_CONSOLE_DATABASE: /nowhere/console.db: No such file or directory"),
        ({"hooks_host": "192.0.2.1"}, "SYNC_CONSOLE_HOOKS_HOST names it"),
        ({"feed_host": "no host"}, "can't listen on no host:0: no such host; SYNC_CONSOLE_FEED_HOST names it"),
        ({"feed_host": "a" * 64 + ".example"}, "no such host; SYNC_CONSOLE_FEED_HOST names it"),
    ],
)
def test_a_mistake_in_the_settings_is_one_clear_line(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    told = Receiver(tmp_path, settings).refusal()
    assert said in told
    assert told.count("\n") == 1
    assert "plain" not in told


def test_a_port_that_is_taken_is_said(receiver: Receiver, tmp_path: Path) -> None:
    other = Receiver(tmp_path, {"feed_port": receiver.feed_address.rpartition(":")[2]})
    assert "Address already in use; SYNC_CONSOLE_FEED_PORT names it" in other.refusal()
