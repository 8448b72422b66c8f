"""The events in bodies: which object is named, and which deliveries are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sync_console.receive.webhook_events import UnreadableError, WebhookEvent, from_clarity, from_streak


def clarity(*events: dict[str, Any], message_id: str = "msg_1") -> list[WebhookEvent]:
    return from_clarity(json.dumps(events).encode(), message_id)


def streak(*objects: dict[str, Any], event_type: str = "BOX_EDIT") -> list[WebhookEvent]:
    return from_streak(json.dumps(objects).encode(), event_type)


def order(order_id: Any, event_type: str = "order.created") -> dict[str, Any]:
    return {"type": event_type, "data": {"orderId": order_id}}


@pytest.mark.parametrize(
    ("event_type", "data", "object_id"),
    [
        ("order.created", {"orderId": "1", "customerId": "2"}, "1"),
        ("order.status_changed", {"orderId": 7}, "7"),
        ("payment.captured", {"paymentId": "p", "orderId": "1"}, "p"),
    ],
)
def test_the_shops_object_is_the_one_of_the_events_type(event_type: str, data: Any, object_id: str) -> None:
    (event,) = from_clarity(json.dumps({"type": event_type, "data": data}).encode(), "msg_1")
    assert (event.source, event.type, event.id) == ("clarity", event_type, object_id)


def test_streaks_object_is_its_key_or_its_box() -> None:
    events = streak({"key": "a"}, {"boxKey": "b"}, {"key": "c", "boxKey": "d"})
    assert [(event.source, event.type, event.id) for event in events] == [
        ("streak", "BOX_EDIT", key) for key in ("a", "b", "c")
    ]


def test_a_delivery_of_the_shop_is_known_by_its_message_id() -> None:
    first, again = clarity(order("1"), order("2")), clarity(order("1"), order("2"))
    assert first == again
    assert len({event.delivery for event in [*first, *clarity(order("1"), message_id="msg_2")]}) == 3


def test_a_delivery_of_streak_is_known_by_event_object_and_version() -> None:
    versions = [
        streak({"key": "a", "lastSavedTimestamp": 1}),
        streak({"key": "a", "lastSavedTimestamp": 2}),
        streak({"key": "b", "lastSavedTimestamp": 1}),
        streak({"key": "a", "lastSavedTimestamp": 1}, event_type="BOX_CREATE"),
    ]
    assert len({event.delivery for (event,) in versions}) == 4
    moved = streak({"key": "x"}, {"key": "a", "lastSavedTimestamp": 1, "name": "renamed"})[1]
    assert moved == versions[0][0]
    saved, updated, stamped = (
        streak({"key": "a", name: 1}) for name in ("lastSavedTimestamp", "lastUpdatedTimestamp", "timestamp")
    )
    assert saved == updated == stamped


def test_without_a_version_the_whole_body_counts() -> None:
    assert streak({"key": "a", "name": "x"}) == streak({"key": "a", "name": "x"})
    assert streak({"key": "a", "name": "x"}) != streak({"key": "a", "name": "y"})
    assert len({event.delivery for event in streak({"key": "a"}, {"key": "a"})}) == 2


@pytest.mark.parametrize("value", [None, "", {}, [1], True, 1.5, "a\nb", "a\x00b", "x" * 201])
def test_what_names_no_object_is_left_out(value: Any) -> None:
    assert clarity(order(value), order("1"))[0].id == "1"
    assert streak({"key": value}) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"7", b"[7]", b"[[]]", b"\xff", b"[" * 100_000, b'{"type":7,"data":{}}', b'{"data":{}}'],
)
def test_a_body_of_another_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        from_clarity(body, "msg_1")
    if not body.startswith(b'{"'):
        with pytest.raises(UnreadableError):
            from_streak(body, "BOX_EDIT")


@pytest.mark.parametrize("event_type", ["order", "Order.created", "order.", "order.created.by.hand.again", "shop/x.y"])
def test_an_event_type_of_another_form_is_unreadable(event_type: str) -> None:
    with pytest.raises(UnreadableError):
        clarity(order("1", event_type))
