"""A target of stock parts whose sink does nothing: default JSON, default validation."""

from __future__ import annotations

from typing import Any

from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import RecordSink


class Nothing(RecordSink):
    """Takes records and forgets them."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Do nothing."""


class StockTarget(Target):
    """Singer target of stock parts."""

    name = "stock-target"
    config_jsonschema = th.PropertiesList().to_dict()
    default_sink_class = Nothing


if __name__ == "__main__":
    StockTarget.cli()
