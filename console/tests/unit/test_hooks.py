"""The routes of webhooks: which answer a vendor gets, and what is stored."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from standardwebhooks import Webhook
from sync_console.receive.event_log import UnavailableError
from sync_console.receive.hooks import MAX_BODY_BYTES, Hooks
from sync_console.receive.trusted_senders import TrustedSenders
from sync_console.settings import Settings

if TYPE_CHECKING:
    from sync_console.receive.group_commit import GroupCommit
    from sync_console.receive.webhook_events import WebhookEvent

SECRET = f"whsec_{base64.b64encode(b'a secret').decode()}"
TOKEN = "a-token-a-token-a-token"
ORDER = b'{"type":"order.created","data":{"orderId":"1"}}'
BOX = b'[{"key":"a","lastSavedTimestamp":1},{"key":"b","lastSavedTimestamp":1}]'


class Commits:
    """Stores in memory, or is in trouble."""

    def __init__(self, *, trouble: str = "") -> None:
        self.trouble = trouble
        self.events: list[WebhookEvent] = []

    async def store(self, events: list[WebhookEvent]) -> None:
        if self.trouble:
            raise UnavailableError(self.trouble)
        self.events += events


def signed(body: bytes = ORDER, age: float = 0) -> dict[str, str]:
    sent_at = int(time.time() - age)
    signature = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(sent_at, UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(sent_at), "webhook-signature": signature}


def post(path: str, body: bytes, headers: Any = None, commits: Commits | None = None, **settings: str) -> Any:
    senders = TrustedSenders.of(Settings(**({"clarity_secrets": SECRET, "streak_tokens": TOKEN} | settings)))
    app = Hooks(senders, cast("GroupCommit", commits or Commits())).app()

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            return await client.post(path, content=body, headers=headers)

    return asyncio.run(call())


def test_events_are_stored_before_200_is_answered() -> None:
    commits = Commits()
    assert post("/hooks/clarity/shop", ORDER, signed(), commits).status_code == 200
    assert post(f"/hooks/streak/{TOKEN}/BOX_EDIT", BOX, commits=commits).status_code == 200
    assert [(event.type, event.id) for event in commits.events] == [
        ("order.created", "1"),
        ("BOX_EDIT", "a"),
        ("BOX_EDIT", "b"),
    ]


def test_what_cannot_be_stored_is_to_be_sent_again() -> None:
    answer = post("/hooks/clarity/shop", ORDER, signed(), Commits(trouble="disk full"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "disk" not in answer.text


def test_what_names_no_object_is_answered_and_not_stored() -> None:
    body = json.dumps({"type": "order.created", "data": {}}).encode()
    assert post("/hooks/clarity/shop", body, signed(body), Commits(trouble="disk full")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/hooks/clarity/shop", ORDER, {}, 401),
        ("/hooks/clarity/shop", ORDER + b" ", signed, 401),
        ("/hooks/clarity/shop", ORDER, partial(signed, age=1000), 401),
        ("/hooks/clarity/shop", b"[7]", partial(signed, b"[7]"), 400),
        ("/hooks/clarity/other", ORDER, signed, 404),
        ("/hooks/clarity/shop/", ORDER, signed, 404),
        ("/hooks/clarity/shop", b"x" * (MAX_BODY_BYTES + 1), {}, 413),
        ("/hooks/streak/guess/BOX_EDIT", BOX, {}, 401),
        (f"/hooks/streak/{TOKEN}/BOX_EDIT", BOX, {"X-Streak-Webhook-Token": "guess"}, 401),
        (f"/hooks/streak/{TOKEN}/BOX_EDIT", BOX, {"X-Streak-Webhook-Token": TOKEN}, 200),
        (f"/hooks/streak/{TOKEN}/BOX_EDIT", b"7", {}, 400),
        (f"/hooks/streak/{TOKEN}/box-edit", BOX, {}, 404),
    ],
)
def test_each_mistake_has_its_status(path: str, body: bytes, headers: Any, status: int) -> None:
    # a signature is of now, not of when the tests were collected
    assert post(path, body, headers() if callable(headers) else headers).status_code == status


def test_a_vendor_without_secrets_may_not_post() -> None:
    assert post("/hooks/clarity/shop", ORDER, signed(), clarity_secrets="").status_code == 404
    assert post(f"/hooks/streak/{TOKEN}/BOX_EDIT", BOX, streak_tokens="").status_code == 401


def test_a_shop_by_its_profile_signs_and_tells_in_its_own_words() -> None:
    """page-index: an HMAC over time and body; topics and ids of its own; what nobody knows is left aside."""
    secret, commits = "a secret of some length", Commits()
    settings = {"site_profile": "page-index", "clarity_secrets": secret.replace(" ", "-")}

    def delivered(body: bytes) -> Any:
        sent = str(int(time.time()))
        digest = hmac.new(settings["clarity_secrets"].encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Clarity-Signature": f"sha256={digest}", "X-Clarity-Timestamp": sent, "X-Clarity-Delivery": "d-1"}
        return post("/hooks/clarity/shop", body, headers, commits, **settings).status_code

    assert delivered(b'{"topic":"OrderStatusChanged","entity":{"id":7}}') == 200
    assert [(event.source, event.type, event.id) for event in commits.events] == [
        ("clarity", "order.status_changed", "7")
    ]
    assert delivered(b'{"topic":"SomethingElse","entity":{"id":7}}') == 200
    assert delivered(b"[7]") == 400
    assert len(commits.events) == 1
    assert post("/hooks/clarity/shop", ORDER, signed(), commits, **settings).status_code == 401
