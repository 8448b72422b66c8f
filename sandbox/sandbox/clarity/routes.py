"""Every call of the API, in one table."""

from starlette.routing import BaseRoute, Route

from sandbox import wire
from sandbox.clarity import reads, writes
from sandbox.clarity.call import Call, Endpoint, Handler
from sandbox.clarity.kinds import LISTED
from sandbox.clarity.openapi import DOCUMENT
from sandbox.clarity.page_index import calls as page_index
from sandbox.clarity.refusal import Refused
from sandbox.clarity.request import Answer
from sandbox.clarity.shop import Shop

ROOT = "/api/v1"
_DOCUMENT = wire.encode(DOCUMENT)

CALLS: tuple[tuple[str, str, Handler], ...] = (
    *(("GET", f"/{kind.plural}", reads.lister(kind)) for kind in LISTED),
    *(("GET", f"/{kind.plural}/{{id}}", reads.getter(kind)) for kind in LISTED),
    ("PATCH", "/orders/{id}", writes.patch_order),
    ("POST", "/orders/{id}/notes", writes.add_note),
    ("POST", "/customers", writes.create_customer),
    ("PATCH", "/customers/{id}", writes.patch_customer),
    ("POST", "/invoices", writes.create_invoice),
    ("PATCH", "/invoices/{id}", writes.patch_invoice),
    ("POST", "/webhooks", lambda call: call.shop.subscriptions.subscribe(call)),
    ("GET", "/webhooks", lambda call: call.shop.subscriptions.list_all(call)),
    ("DELETE", "/webhooks/{id}", lambda call: call.shop.subscriptions.unsubscribe(call)),
)
OPEN_CALLS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/oauth/token", lambda call: call.shop.credentials.grant(call)),
    ("GET", f"{ROOT}/openapi.json", lambda _call: (200, _DOCUMENT)),
)


def routes(shop: Shop) -> list[BaseRoute]:
    """All routes from the root of the port."""
    return [
        *(Route(f"{ROOT}{path}", Endpoint(shop, handler), methods=[method]) for method, path, handler in CALLS),
        *(Route(path, Endpoint(shop, handler, is_open=True), methods=[method]) for method, path, handler in OPEN_CALLS),
        *page_index.routes(shop),
        Route("/{rest:path}", Endpoint(shop, _unknown, is_open=True)),
    ]


def _unknown(call: Call) -> Answer:
    raise Refused(404, "not_found", f"No such call: {call.method} {call.path}")
