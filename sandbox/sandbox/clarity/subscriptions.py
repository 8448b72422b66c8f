"""Webhooks: who wants to hear of what, signed and sent until it is heard."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
import uuid
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox import wire
from sandbox.clarity.events import EVENTS, PAGE_INDEX_TOPICS
from sandbox.clarity.instants import iso
from sandbox.clarity.refusal import invalid, missing
from sandbox.clarity.request import Answer, Request, whole_list
from sandbox.clock import Clock
from sandbox.delivery import Delivery

RETRY_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600)
GIVE_UP_MS = 5 * 24 * 3600 * 1000
GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription; `failing_since_ms` is the first failure after the last success."""

    webhook_id: str
    url: str
    events: list[str]
    secret: str
    is_active: bool = True
    failing_since_ms: int | None = None
    skin: str = "contract"

    def shown(self) -> dict[str, Any]:
        """As the API shows it: never with the secret."""
        return {"webhookId": self.webhook_id, "url": self.url, "events": self.events, "isActive": self.is_active}


@dataclass(frozen=True, slots=True)
class _Message:
    webhook_id: str
    message_id: str
    body: bytes
    attempt: int = 0


class Subscriptions:
    """The webhooks of the shop. The retry schedule runs on the sandbox's clock, signatures carry the real time."""

    def __init__(self, clock: Clock, delivery: Delivery) -> None:
        self._clock = clock
        self._delivery = delivery
        self._webhooks: dict[str, Webhook] = {}

    def subscribe(self, request: Request, *, skin: str = "contract") -> Answer:
        body = request.json()
        details = {name: text for name, text in _problems(body, skin) if text}
        if details:
            raise invalid(details)
        secret = body.get("secret") or f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
        webhook = Webhook(
            f"WH-{uuid.uuid4().hex[:12]}", body["url"], list(dict.fromkeys(body["events"])), secret, skin=skin
        )
        self._webhooks[webhook.webhook_id] = webhook
        return 201, wire.encode({**webhook.shown(), "secret": secret})

    def list_all(self, _request: Request) -> Answer:
        return whole_list(self.listed())

    def unsubscribe(self, request: Request) -> Answer:
        if self._webhooks.pop(request.names["id"], None) is None:
            raise missing("webhook", request.names["id"])
        return 204, b""

    def publish(self, event: str, data: dict[str, Any]) -> None:
        """Tell all active webhooks that want this event."""
        if not self._webhooks:
            return
        at = iso(self._clock.now_ms())
        bodies = {
            "contract": wire.encode({"type": event, "timestamp": at, "data": data}),
            "page_index": _page_index_body(event, at, data),
        }
        message_id = f"msg_{uuid.uuid4().hex}"
        for webhook in self._webhooks.values():
            if webhook.is_active and event in webhook.events:
                self._send(_Message(webhook.webhook_id, message_id, bodies[webhook.skin]), after=0)

    def listed(self) -> list[dict[str, Any]]:
        return [webhook.shown() for webhook in self._webhooks.values()]

    def dump(self) -> list[dict[str, Any]]:
        return [asdict(webhook) for webhook in self._webhooks.values()]

    def restore(self, data: list[dict[str, Any]]) -> None:
        self._webhooks = {row["webhook_id"]: Webhook(**row) for row in data}

    def _send(self, message: _Message, *, after: float) -> None:
        webhook = self._webhooks[message.webhook_id]
        sign = {"contract": self._headers, "page_index": _page_index_headers}[webhook.skin]
        headers = partial(sign, message, webhook.secret)
        self._delivery.deliver(webhook.url, message.body, headers, partial(self._answered, message), after=after)

    def _headers(self, message: _Message, secret: str) -> dict[str, str]:
        sent_at = str(int(time.time()))  # receivers compare it with their own, real clock
        keys = [secret, *filter(None, [self._delivery.manners.also_sign_with])]
        content = f"{message.message_id}.{sent_at}.".encode() + message.body
        signatures = " ".join(_signature(key, content) for key in keys)
        return {"webhook-id": message.message_id, "webhook-timestamp": sent_at, "webhook-signature": signatures}

    def _answered(self, message: _Message, status: int | None) -> None:
        webhook = self._webhooks.get(message.webhook_id)
        if webhook is None:
            return
        if status == GONE:
            del self._webhooks[webhook.webhook_id]
        elif status is not None and 200 <= status < 300:
            self._webhooks[webhook.webhook_id] = replace(webhook, failing_since_ms=None)
        else:
            self._failed(webhook, message)

    def _failed(self, webhook: Webhook, message: _Message) -> None:
        now = self._clock.now_ms()
        since = webhook.failing_since_ms or now
        is_active = webhook.is_active and now - since < GIVE_UP_MS
        self._webhooks[webhook.webhook_id] = replace(webhook, failing_since_ms=since, is_active=is_active)
        if is_active and message.attempt < len(RETRY_SECONDS):
            self._send(replace(message, attempt=message.attempt + 1), after=RETRY_SECONDS[message.attempt])


def _page_index_body(event: str, at: str, data: dict[str, Any]) -> bytes:
    entity = {"id": data.get(f"{event.partition('.')[0]}Id")}
    return wire.encode({"topic": PAGE_INDEX_TOPICS.get(event, event), "sentDate": at, "entity": entity})


def _page_index_headers(message: _Message, secret: str) -> dict[str, str]:
    sent_at = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"{sent_at}.".encode() + message.body, hashlib.sha256).hexdigest()
    names = ("X-Clarity-Signature", "X-Clarity-Timestamp", "X-Clarity-Delivery")
    return dict(zip(names, (f"sha256={digest}", sent_at, message.message_id), strict=True))


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()}"


def _problems(body: dict[str, Any], skin: str) -> list[tuple[str, str | None]]:
    unknown = [(name, "is unknown") for name in body if name not in ("url", "events", "secret")]
    return [
        *unknown,
        ("url", _url_problem(body.get("url"))),
        ("events", _events_problem(body.get("events"))),
        ("secret", _secret_problem(body.get("secret")) if skin == "contract" else None),
    ]


def _url_problem(url: Any) -> str | None:
    parts = urlsplit(url) if isinstance(url, str) else None
    return None if parts and parts.scheme in ("http", "https") and parts.hostname else "must be an http(s) URL"


def _events_problem(names: Any) -> str | None:
    if isinstance(names, list) and names and all(name in EVENTS for name in names):
        return None
    return f"must be a list of {', '.join(EVENTS)}"


def _secret_problem(secret: Any) -> str | None:
    try:
        if secret is None or base64.b64decode(secret.removeprefix("whsec_"), validate=True):
            return None
    except (AttributeError, binascii.Error):
        pass
    return "must be written whsec_<base64>"
