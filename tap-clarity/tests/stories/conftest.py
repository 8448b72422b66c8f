"""A shop for the tap to read: the sandbox, or a local server that says exactly what a test wants."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.tap_runs import TapRuns
from singer_rest.testing import Answer, ApiByPath
from tap_clarity.tap import TapClarity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.testing import Sandbox

Json = dict[str, Any]
ADDRESS = {
    "name": "Ada Byron",
    "company": "Acme Ltd",
    "line1": "1 Main St",
    "line2": None,
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
    "phone": "+1 512 555 0100",
}


def runs_of(url: str, key: str) -> TapRuns:
    return TapRuns(TapClarity, "orders", "orderId", {"api_url": url, "api_key": key})


@pytest.fixture
def runs(sandbox: Sandbox) -> TapRuns:
    return runs_of(sandbox.clarity_url, sandbox.clarity_key)


class Shelves:
    """Makes records as the sandbox stores them, and puts them there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def load(self, kind: str, *records: Json) -> None:
        self._sandbox.load([{"system": "clarity", "type": kind, "record": record} for record in records])

    def orders(self, count: int, **common: Any) -> list[Json]:
        """Orders o-0001 … a second apart, or all with what `common` says."""
        made = [self.order(number, **common) for number in range(1, count + 1)]
        self.load("orders", *made)
        return made

    @staticmethod
    def order(number: int, **own: Any) -> Json:
        minute, second = divmod(number, 60)
        hour, minute = divmod(minute, 60)
        when = f"2026-05-02T{hour:02}:{minute:02}:{second:02}Z"
        return {
            "orderId": f"o-{number:04}",
            "orderNumber": f"SO-{number:04}",
            "customerId": None,
            "orderDate": when,
            "updatedAt": when,
            "version": 1,
            "status": "pending",
            "currency": "USD",
            "totalAmount": Decimal("208.38"),
            "lineItems": [],
            **own,
        }

    @staticmethod
    def customer(number: int, **own: Any) -> Json:
        return {
            "customerId": f"C-{number}",
            "firstName": "Ada",
            "lastName": "Byron",
            "email": f"ada{number}@acme.example",
            "updatedAt": "2026-05-01T00:00:00Z",
            "version": 1,
            **own,
        }


@pytest.fixture
def shelves(sandbox: Sandbox) -> Shelves:
    return Shelves(sandbox)


class Shop(ApiByPath):
    """A shop without anything, but for what a test lays down."""

    def __init__(self) -> None:
        super().__init__()
        self.origin = self.url.removesuffix("/api")
        self.otherwise = Answer.of({"data": [], "totalCount": 0, "hasMore": False})

    @property
    def runs(self) -> TapRuns:
        return runs_of(f"{self.url}/v1", "secret-key")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture
def canned() -> Callable[..., Answer]:
    return Answer.of
