"""A tap as the SDK's documentation shows it, for the same shop: default JSON, default conformance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Stream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator

if TYPE_CHECKING:
    from requests import Response

SCHEMAS = Path(__file__).resolve().parents[2] / "tap-clarity" / "tap_clarity" / "schemas"


class LastRow(BaseAPIPaginator[Any]):
    """Goes on after the last row that was read; so a page is parsed only once."""

    last: Any = None

    def has_more(self, response: Response) -> bool:
        """Return what the page says."""
        return response.content.endswith(b'"hasMore":true}')

    def get_next(self, response: Response) -> dict[str, Any]:  # noqa: ARG002
        """Return the next page's place."""
        return {"updatedSince": self.last["updatedAt"], "afterId": self.last["orderId"]}


class Orders(RESTStream[Any]):
    """Orders."""

    name = "orders"
    path = "/orders"
    primary_keys = ("orderId",)
    replication_key = "updatedAt"
    is_sorted = True
    records_jsonpath = "$.data[*]"
    schema = json.loads((SCHEMAS / "orders.json").read_text())

    @property
    def url_base(self) -> str:
        """Return the shop's address."""
        return str(self.config["api_url"])

    def get_new_paginator(self) -> LastRow:
        """Return the paginator."""
        self.paginator = LastRow(None)
        return self.paginator

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:  # noqa: ARG002
        """Remember where the page ends."""
        self.paginator.last = row
        return row

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return a page's place."""
        return {"limit": self.config["page_size"], **(next_page_token or {})}


class StockTap(Tap):
    """Singer tap of stock parts."""

    name = "stock-tap"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True), th.Property("page_size", th.IntegerType, default=250)
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Return the one stream."""
        return [Orders(self)]


if __name__ == "__main__":
    StockTap.cli()
