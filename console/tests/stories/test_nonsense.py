"""Whatever strangers send, the answer is never the receiver's fault."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running_receiver import FEED_TOKEN, NEW_TOKEN, signed, unique

if TYPE_CHECKING:
    from running_receiver import Receiver

pytestmark = pytest.mark.timeout(3000)  # for as many as `make chaos-fuzz` draws
FEW = settings(
    max_examples=int(os.environ.get("FUZZ_N", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = st.sampled_from(["type", "data", "orderId", "customerId", "key", "boxKey", "lastSavedTimestamp", "timestamp"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=10), inner, max_size=6),
    max_leaves=20,
)
TYPES = st.sampled_from(["order.created", "customer.updated", "payment.captured", "shop.moved", "x"]) | st.text()
NOTICES = st.fixed_dictionaries({"type": TYPES, "data": JSON}) | JSON
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "X-Streak-Webhook-Token")


def parameter(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string", **schema}}


def operation(*parameters: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    return {"parameters": list(parameters), "responses": {"default": {"description": "any"}}, **content}


NOTICE = {
    "type": "object",
    "required": ["type", "data"],
    "properties": {"type": {"type": "string"}, "data": {"type": "object", "properties": {"orderId": {}}}},
}
ROUTES = {
    "/hooks/clarity/{name}": {
        "post": operation(
            parameter("name", "path", enum=["shop"]), *(parameter(name, "header") for name in HEADERS), body=NOTICE
        )
    },
    "/hooks/streak/{token}/{event}": {
        "post": operation(
            parameter("token", "path", enum=[NEW_TOKEN, "guess"]),
            parameter("event", "path", enum=["BOX_EDIT", "x"]),
            body={"type": "array", "items": {"type": "object", "properties": {"key": {}}}},
        )
    },
    "/feed/{source}": {
        "get": operation(
            parameter("source", "path", enum=["clarity", "streak", "x"]),
            {"name": "after", "in": "query", "schema": {"type": "integer"}},
        )
    },
}
DESCRIBED = schemathesis.openapi.from_dict(
    {"openapi": "3.1.0", "info": {"title": "sync-console", "version": "1"}, "paths": ROUTES}
)
GENERATED = [
    (path, method, mode)
    for path, operations in ROUTES.items()
    for method in operations
    for mode in schemathesis.GenerationMode
]


@pytest.mark.parametrize(("path", "method", "mode"), GENERATED)
def test_what_is_generated_from_the_description_is_never_our_fault(
    receiver: Receiver, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    address = receiver.feed_address if path.startswith("/feed") else receiver.hooks

    @FEW
    @given(DESCRIBED[path][method].as_strategy(generation_mode=mode))
    def generated(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {FEED_TOKEN}"
        assert case.call(base_url=address, timeout=30).status_code in (200, 400, 401, 404, 405)

    generated()


@FEW
@given(NOTICES | st.lists(NOTICES, max_size=4))
def test_whatever_a_shop_signs_is_taken_or_refused(receiver: Receiver, told: Any) -> None:
    body = json.dumps(told).encode()
    assert receiver.post("clarity/shop", body, signed(body, unique("msg"))).status_code in (200, 400)


@FEW
@given(JSON | st.lists(st.dictionaries(NAMES, JSON, max_size=4), max_size=4))
def test_whatever_streak_posts_is_taken_or_refused(receiver: Receiver, told: Any) -> None:
    assert receiver.post(f"streak/{NEW_TOKEN}/BOX_EDIT", json.dumps(told).encode()).status_code in (200, 400)


@FEW
@given(st.binary(max_size=100))
def test_whatever_bytes_are_refused(receiver: Receiver, body: bytes) -> None:
    headers: dict[str, Any] = {
        "webhook-id": "x",
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,",
    }
    assert receiver.post("clarity/shop", body, headers).status_code == 401
    assert receiver.post(f"streak/{NEW_TOKEN}/BOX_EDIT", body).status_code in (200, 400)


@FEW
@given(st.binary(min_size=1, max_size=60))
def test_whatever_path_is_refused(receiver: Receiver, path: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in path)
    for prefix in ("clarity", "streak", "streak/guess"):
        assert receiver.post(f"{prefix}/{escaped}", b"[]").status_code in (401, 404)
    assert receiver.post(f"streak/{NEW_TOKEN}/{escaped}", b"[]").status_code in (200, 404)
    assert receiver.client.post(f"{receiver.hooks}/{escaped}", content=b"[]").status_code == 404


def test_after_all_of_it_the_receiver_works(receiver: Receiver) -> None:
    order = unique("order")
    assert receiver.order(order) == 200
    assert ("order.created", order) in receiver.told("clarity")
