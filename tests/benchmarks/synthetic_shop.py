"""A shop made of numbers: the same order pages over HTTP for every tap, rendered as they are asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

FIRST_ID = 100_000
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
STATUSES = ("pending", "shipped", "completed")


def changed_at(number: int) -> str:
    """Return when an order last changed: each a second after the one before."""
    return f"{BEGAN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}Z"


def order(number: int) -> dict[str, Any]:
    """Return an order of about 1.2 kB as the shop sends it; money is text here, so that a template keeps its digits."""
    address = {"name": "Ada Byron", "company": "Acme Ltd", "line1": f"{number} Main St", "city": "Austin"}
    address |= {"region": "TX", "postalCode": "78701", "country": "US", "phone": "+1 512 555 0100"}
    line = {"lineId": "1", "productId": "P-9", "sku": "BOLT-M8", "name": "Bolt M8", "quantity": 10, "unitPrice": 18.25}
    return {
        "orderId": str(FIRST_ID + number),
        "orderNumber": f"SO-{FIRST_ID + number}",
        "customerId": None,
        "email": f"ada{number}@acme.example",
        "orderDate": "2026-05-02T14:03:11Z",
        "updatedAt": changed_at(number),
        "version": 1,
        "status": STATUSES[number % len(STATUSES)],
        "currency": "USD",
        "totalAmount": round(number + 0.38, 2),
        "taxAmount": 15.88,
        "customerNote": "please ring",
        "shippingAddress": address,
        "billingAddress": address,
        "lineItems": [line, {**line, "lineId": "2", "sku": "NUT-M8"}, {**line, "lineId": "3", "sku": "WASHER-M8"}],
    }


def _templates() -> list[bytes]:
    """Return one line per status with `%(n)d`, `%(id)d` and `%(at)b` in the places of what differs."""
    mark = 987_654
    text = [json.dumps(order(mark + number)).encode() for number in range(len(STATUSES))]
    return [
        line.replace(b"%d" % (FIRST_ID + mark + number), b"%(id)d")
        .replace(changed_at(mark + number).encode(), b"%(at)b")
        .replace(b"%d" % (mark + number), b"%(n)d")
        for number, line in enumerate(text)
    ]


_LINES = _templates()
_TURN = 987_654 % len(STATUSES)


def order_line(number: int) -> bytes:
    """Return an order as JSON: what `order` gives, some ten times faster."""
    line = _LINES[(number - _TURN) % len(STATUSES)]
    return line % {b"n": number, b"id": FIRST_ID + number, b"at": changed_at(number).encode()}


class SyntheticShop:
    """Serves `orders` orders by the rules of the shop's lists; its other lists are empty."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.shop = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/v1"
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str, query: dict[str, list[str]]) -> bytes:
        """Return the page that a query asks for."""
        if not path.endswith("/orders"):
            return b'{"data":[],"totalCount":0,"hasMore":false}'
        start = int(query["afterId"][0]) - FIRST_ID + 1 if "afterId" in query else 0
        end = min(start + int(query["limit"][0]), self.orders)
        rows = b",".join(map(order_line, range(start, end)))
        more = b"true" if end < self.orders else b"false"
        return b'{"data":[%b],"totalCount":%d,"hasMore":%b}' % (rows, self.orders - start, more)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: SyntheticShop


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.server.shop.page(parts.path, parse_qs(parts.query))
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing: thousands of pages are asked for."""
