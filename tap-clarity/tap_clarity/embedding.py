"""Puts its customer into each order."""

from collections.abc import Iterable
from typing import Any

from tap_clarity.client import ClarityClient, Row
from tap_clarity.fields import set_unknown_aside, shape_of

CACHED = 10_000


class CustomerLookup:
    """The customers that orders name, fetched by their ids for a page of orders at a time and kept for the run."""

    def __init__(self, client: ClarityClient, schema: dict[str, Any]) -> None:
        self._client = client
        self._shape = shape_of(schema)
        self._cache: dict[str, Row | None] = {}

    def forget(self) -> None:
        """Look all customers up anew."""
        self._cache.clear()

    def embed(self, orders: Iterable[Row]) -> list[Row]:
        """The orders with `customer`: a copy of the record, or null for a guest and for a customer that is gone."""
        orders = list(orders)
        self._fetch({order["customerId"] for order in orders if order.get("customerId")})
        return [{**order, "customer": self._copy(order.get("customerId"))} for order in orders]

    def _fetch(self, ids: set[str]) -> None:
        if len(self._cache) > CACHED:
            self._cache.clear()
        unknown = sorted(ids - self._cache.keys())
        self._cache.update(dict.fromkeys(unknown))
        for row in self._client.by_ids("/customers", unknown):
            set_unknown_aside(row, self._shape)
            self._cache[row["customerId"]] = row

    def _copy(self, customer_id: str | None) -> Row | None:
        # the SDK takes deselected fields out of the record it is given: each order needs a copy of its own
        return _copied(self._cache[customer_id]) if customer_id else None


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
