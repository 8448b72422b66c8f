"""The target: its commands and its connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import IO, Any, ClassVar

import click
from clarity_api.profile import SiteProfile, load_profile
from singer_rest import Probe, RestClient, RestTarget, declared_settings, origin_of

from target_clarity import sinks
from target_clarity.clarity_sink import ClaritySink
from target_clarity.connection import check, clarity_client, sign_in

PROBE_SECONDS = 15.0


class TargetClarity(RestTarget):
    """Singer target for Clarity eCommerce: orders, customers, invoices and notes."""

    name = "target-clarity"
    sink_classes = (sinks.Orders, sinks.Customers, sinks.Invoices, sinks.Notes)
    config_jsonschema: ClassVar[dict[str, Any]] = declared_settings("target_clarity", "singer_rest.target")
    end_settings = (
        "TARGET_CLARITY_API_URL and TAP_CLARITY_API_URL must name the same shop, and the `api_url` (and `team`) of the"
        " tap that is read (TAP_STREAK_API_URL) what the other target writes to (TARGET_STREAK_API_URL)"
    )

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._probe = Probe(lambda: sign_in(self._clarity, self.config, self.profile, patience=PROBE_SECONDS))

    def make_sink(self, sink_class: type[Any], schema: dict[str, Any], keys: Sequence[str] = ()) -> ClaritySink:
        """Make a sink of the shop."""
        create = bool(self.config["create_customers"])
        shop = {"profile": self.profile, "directions": str(self.ledger.scope), "create_customers": create}
        sink: ClaritySink = sink_class(self.context, schema, keys, **shop)
        return sink

    def connect(self) -> RestClient:
        """Sign in to the shop."""
        sign_in(self._clarity, self.config, self.profile)
        return self._clarity

    def destination(self) -> str:
        """Name the shop: the root of its API."""
        return origin_of(str(self.config["api_url"]))

    def probe(self) -> None:
        """Ask for the orders. FatalRunError when the shop refuses or is silent."""
        self._probe()

    def check(self, file_input: IO[str] | None) -> int:  # noqa: ARG002  # a SCHEMA names nothing that could be missing
        """Check address, credentials and rights."""
        ledger = self.open_ledger(self.destination(), read_only=True)
        ledger.close()
        return check(self.config, self.profile, str(ledger.scope), click.echo)

    @cached_property
    def _clarity(self) -> RestClient:
        return clarity_client(self.config, self.profile)

    @cached_property
    def profile(self) -> SiteProfile:
        """How the shop is spoken to."""
        return load_profile(self.config)
