"""The calls of this skin: its own lists and login; writes are the contract's, in other names."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.routing import BaseRoute, Route

from sandbox import wire
from sandbox.clarity import writes
from sandbox.clarity.call import Call, Endpoint, Handler
from sandbox.clarity.credentials import TOKEN_SECONDS
from sandbox.clarity.events import PAGE_INDEX_TOPICS
from sandbox.clarity.instants import micros
from sandbox.clarity.kinds import CUSTOMERS, INVOICES, LISTED, NOTES, ORDERS, Kind
from sandbox.clarity.page_index.names import PATHS, meant, shown
from sandbox.clarity.page_index.openapi import DOCUMENT, ROOT
from sandbox.clarity.refusal import Refused, malformed, missing
from sandbox.clarity.request import Answer
from sandbox.clarity.shop import Shop
from sandbox.keys import CLARITY_CLIENT_ID, CLARITY_CLIENT_SECRET

DEFAULT_SIZE, MOST_ROWS = 20, 100
ID_NAMES = {kind.id_name for kind in (*LISTED, NOTES)}
_DOCUMENT = wire.encode(DOCUMENT)


def _list(kind: Kind, call: Call) -> Answer:
    size, index = _whole(call, "pageSize", DEFAULT_SIZE, 1), _whole(call, "pageIndex", 0, 0)
    size = min(size, MOST_ROWS)
    wanted = _filter(call)
    rows = [record for record in call.shop.collections[kind.plural] if wanted(record)]
    if call.query.get("sort") == "updatedDate":
        rows.sort(key=lambda record: (micros(record["updatedAt"]), record[kind.id_name]))
    else:
        rows.sort(key=lambda record: str(record[kind.id_name]))
    part = [shown(kind, record) for record in rows[index * size : (index + 1) * size]]
    return 200, wire.encode({"results": part, "totalCount": len(rows), "pageIndex": index, "pageSize": size})


def _filter(call: Call) -> Callable[[dict[str, Any]], bool]:
    query = call.query
    try:
        since, until = (micros(query[name]) if name in query else None for name in ("updatedDateMin", "updatedDateMax"))
    except ValueError:
        raise malformed("updatedDateMin and updatedDateMax are instants such as 2024-11-28T00:00:00") from None
    email, status = query.get("emailAddress"), query.get("status")

    def wanted(record: dict[str, Any]) -> bool:
        at = micros(record["updatedAt"])
        return (
            (since is None or at >= since)
            and (until is None or at <= until)
            and (email is None or (record.get("email") or "").lower() == email.lower())
            and (status is None or record.get("status") == status)
        )

    return wanted


def _whole(call: Call, name: str, default: int, least: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise malformed(f"{name} must be a whole number from {least} on")
    return int(text)


def _get(kind: Kind, call: Call) -> Answer:
    record = call.shop.collections[kind.plural].records.get(call.names["id"])
    if record is None:
        raise missing(kind.singular, call.names["id"])
    return 200, wire.encode({"result": shown(kind, record)})


def _write(kind: Kind, handler: Handler, call: Call) -> Answer:
    """A write of the contract with its body and its answer translated."""
    try:
        status, body = handler(replace(call, body=wire.encode(meant(kind, call.json()))))
    except Refused as refused:
        told = wire.decode(refused.body)
        existing = next((told[name] for name in ID_NAMES if name in told), None)
        refused.body = wire.encode({"error": told["error"]} | ({"existingId": existing} if existing else {}))
        raise
    return status, wire.encode({"result": shown(kind, wire.decode(body))})


def _log_in(call: Call) -> Answer:
    body = call.json()
    if (body.get("username"), body.get("password")) != (CLARITY_CLIENT_ID, CLARITY_CLIENT_SECRET):
        raise Refused(401, "invalid_login", "Unknown user name or password")
    parts = (
        wire.encode({"alg": "HS256", "typ": "JWT"}),
        wire.encode({"sub": CLARITY_CLIENT_ID}),
        secrets.token_bytes(24),
    )
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    call.shop.credentials.tokens[token] = call.shop.clock.now_ms() + TOKEN_SECONDS * 1000
    return 200, wire.encode({"token": token, "expiresIn": TOKEN_SECONDS})


def _subscribe(call: Call) -> Answer:
    body = call.json()
    events = {topic: event for event, topic in PAGE_INDEX_TOPICS.items()}
    given = {
        "url": body.get("targetUrl"),
        "events": [events.get(topic, topic) for topic in body.get("topics") or ()],
        "secret": body.get("signingSecret"),
    }
    status, answer = call.shop.subscriptions.subscribe(replace(call, body=wire.encode(given)), skin="page_index")
    return status, wire.encode({"result": _webhook(wire.decode(answer))})


def _webhooks(call: Call) -> Answer:
    rows = [_webhook(webhook) for webhook in call.shop.subscriptions.listed()]
    return 200, wire.encode({"results": rows, "totalCount": len(rows)})


def _webhook(webhook: dict[str, Any]) -> dict[str, Any]:
    topics = [PAGE_INDEX_TOPICS.get(event, event) for event in webhook["events"]]
    return {"id": webhook["webhookId"], "targetUrl": webhook["url"], "topics": topics, "active": webhook["isActive"]}


CALLS: tuple[tuple[str, str, Handler], ...] = (
    *(("GET", PATHS[kind.plural], partial(_list, kind)) for kind in LISTED),
    *(("GET", f"{PATHS[kind.plural]}/{{id}}", partial(_get, kind)) for kind in LISTED),
    ("PATCH", "/ordering/orders/{id}", partial(_write, ORDERS, writes.patch_order)),
    ("POST", "/ordering/orders/{id}/notes", partial(_write, NOTES, writes.add_note)),
    ("POST", "/contacts/customers", partial(_write, CUSTOMERS, writes.create_customer)),
    ("PATCH", "/contacts/customers/{id}", partial(_write, CUSTOMERS, writes.patch_customer)),
    ("POST", "/invoicing/invoices", partial(_write, INVOICES, writes.create_invoice)),
    ("PATCH", "/invoicing/invoices/{id}", partial(_write, INVOICES, writes.patch_invoice)),
    ("POST", "/notifications/webhooks", _subscribe),
    ("GET", "/notifications/webhooks", _webhooks),
    ("DELETE", "/notifications/webhooks/{id}", lambda call: call.shop.subscriptions.unsubscribe(call)),
)
OPEN_CALLS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/auth/login", _log_in),
    ("GET", "/openapi.json", lambda _call: (200, _DOCUMENT)),
)


def routes(shop: Shop) -> list[BaseRoute]:
    """All routes below this skin's root."""
    calls = [(method, path, _with_token(handler)) for method, path, handler in CALLS]
    return [
        Route(f"{ROOT}{path}", Endpoint(shop, handler, is_open=True), methods=[method])
        for method, path, handler in (*calls, *OPEN_CALLS)
    ]


def _with_token(handler: Handler) -> Callable[[Call], Answer]:
    def check(call: Call) -> Answer:
        if call.headers.get(b"x-api-key"):
            raise Refused(401, "unauthorized", "Log in for a token")
        call.shop.credentials.check(call)
        return handler(call)

    return check
