"""The shop, seen by a caller."""

from collections.abc import Iterator
from typing import Any

import pytest
from requests import Response, Session
from sandbox.testing import Sandbox


class Shop:
    """A caller of the Clarity API with the API key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = Session()
        self.session.headers["X-API-Key"] = sandbox.clarity_key

    def call(self, method: str, path: str, **options: Any) -> Response:
        return self.session.request(method, f"{self.sandbox.clarity_url}/{path}", timeout=10, **options)

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query).json()

    def load(self, type: str, *records: dict[str, Any]) -> None:  # noqa: A002 - the word of the control call
        self.sandbox.load({"system": "clarity", "type": type, "record": record} for record in records)

    def stored(self, type: str) -> list[dict[str, Any]]:  # noqa: A002
        return self.sandbox.snapshot()["clarity"][type]


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[Shop]:
    shop = Shop(sandbox)
    yield shop
    shop.session.close()


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    """One order in an otherwise empty shop."""
    shop.load(
        "orders",
        {
            "orderId": "100234",
            "orderNumber": "SO-100234",
            "customerId": "C-881",
            "status": "shipped",
            "currency": "USD",
            "totalAmount": 208.38,
            "orderDate": "2026-05-02T14:03:11Z",
            "updatedAt": "2026-05-02T15:00:00Z",
            "version": 3,
            "shippingAddress": {"line1": "1 Main St", "city": "Austin"},
        },
    )
    return shop.stored("orders")[0]
