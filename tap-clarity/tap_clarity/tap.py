"""The tap of a shop, and which records its events are about: `order.created` is about an order."""

from __future__ import annotations

from functools import cached_property

from singer_rest import (
    EventRecords,
    FatalRunError,
    RestTap,
    check_date,
    check_feed,
    check_key_or_client,
    check_keys,
    check_url,
    declared_settings,
    origin_of,
)

from tap_clarity.client import ClarityClient, clarity_client
from tap_clarity.streams import STREAMS, ClarityStream

EXAMPLE = "https://shop.example.com/api/v1"
# the part of a type in front of the point: order.created, order.status_changed
NOUNS = {stream.name.removesuffix("s"): stream.name for stream in STREAMS}
LONGEST_ID = 128


class ClarityEvents(EventRecords[ClarityClient]):
    """Events of a shop."""

    source = "clarity"

    def stream_of(self, event_type: str) -> str | None:
        """The stream of the noun in front of the point."""
        return NOUNS.get(event_type.partition(".")[0])

    def is_id(self, text: str) -> bool:
        """Whether it can be one among others in a query."""
        return 0 < len(text) <= LONGEST_ID and text.isprintable() and "," not in text


class TapClarity(RestTap[ClarityClient]):
    """Singer tap for Clarity eCommerce: orders, customers, products, payments and invoices."""

    name = "tap-clarity"
    config_jsonschema = declared_settings("tap_clarity", "singer_rest.tap", "api_url")
    stream_classes = STREAMS
    event_records = ClarityEvents

    @cached_property
    def api(self) -> ClarityClient:
        """The shop."""
        return clarity_client(self.config, self.user_agent)

    @property
    def origin(self) -> str:
        """The root of the shop's API."""
        return origin_of(self.config["api_url"])

    def check_settings(self) -> None:
        """Raise FatalRunError for what can't work, naming the setting and never its value."""
        if not self.config.get("api_url"):
            raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, such as {EXAMPLE}")
        for name in ("api_url", "token_url"):
            if self.config.get(name):
                check_url(str(self.config[name]), name, EXAMPLE)
        check_keys(self.config, "api_key", "client_id", "client_secret", "user_agent")
        check_key_or_client(self.config)
        check_feed(self.config)
        check_date(self.config, "start_date")

    def ask_api(self) -> None:
        """Ask for the first page of the first stream, or for next to nothing where events are followed."""
        for stream in self.selected_streams[:1]:
            if isinstance(stream, ClarityStream):
                stream.probe() if self.follows else stream.ask()
