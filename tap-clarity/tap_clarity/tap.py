"""The tap of a shop."""

from __future__ import annotations

from functools import cached_property

from singer_rest import RestTap

from tap_clarity.client import ClarityClient, clarity_client
from tap_clarity.events import ClarityEvents
from tap_clarity.settings import SETTINGS, check_settings
from tap_clarity.streams import STREAMS, ClarityStream


class TapClarity(RestTap[ClarityClient]):
    """Singer tap for Clarity eCommerce: orders, customers, products, payments and invoices."""

    name = "tap-clarity"
    config_jsonschema = SETTINGS
    stream_classes = STREAMS

    @cached_property
    def api(self) -> ClarityClient:
        """The shop."""
        return clarity_client(self.config, self.user_agent)

    def check_settings(self) -> None:
        """Raise FatalRunError for what can't work."""
        check_settings(self.config)

    def ask_api(self) -> None:
        """Ask for the first page of the first stream, or for next to nothing where events are followed."""
        for stream in self.selected_streams[:1]:
            if isinstance(stream, ClarityStream):
                stream.probe() if self.follows else stream.ask()

    def event_records(self) -> ClarityEvents:
        """What knows the records behind events."""
        return ClarityEvents(self)
