"""The target: its commands and its connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import IO, Any, ClassVar

import click
from singer_rest import Probe, RestClient, RestTarget, declared_settings, source_of

from target_clarity import sinks
from target_clarity.clarity_sink import ClaritySink
from target_clarity.connection import check, clarity_client, sign_in

PROBE_SECONDS = 15.0


class TargetClarity(RestTarget):
    """Singer target for Clarity eCommerce: orders, customers, invoices and notes."""

    name = "target-clarity"
    sink_classes = (sinks.Orders, sinks.Customers, sinks.Invoices, sinks.Notes)
    config_jsonschema: ClassVar[dict[str, Any]] = declared_settings("target_clarity", "singer_rest.target")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._probe = Probe(lambda: sign_in(self._clarity, self.config, patience=PROBE_SECONDS))

    @property
    def scope(self) -> str:
        """Name the two sides."""
        return f"{source_of(self.config)} → {self.destination()}"

    def make_sink(self, sink_class: type[Any], schema: dict[str, Any], keys: Sequence[str] = ()) -> ClaritySink:
        """Make a sink of the shop."""
        create = bool(self.config["create_customers"])
        sink: ClaritySink = sink_class(self.context, schema, keys, directions=self.scope, create_customers=create)
        return sink

    def connect(self) -> RestClient:
        """Sign in to the shop."""
        sign_in(self._clarity, self.config)
        return self._clarity

    def destination(self) -> str:
        """Name the shop: the root of its API."""
        return str(self.config["api_url"]).rstrip("/")

    def probe(self) -> None:
        """Ask for the orders. FatalRunError when the shop refuses or is silent."""
        self._probe()

    def check(self, file_input: IO[str] | None) -> int:  # noqa: ARG002  # a SCHEMA names nothing that could be missing
        """Check address, credentials and rights."""
        self.open_ledger(self.destination(), read_only=True).close()
        return check(self.config, self.scope, click.echo)

    @cached_property
    def _clarity(self) -> RestClient:
        return clarity_client(self.config)
