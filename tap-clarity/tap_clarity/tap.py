"""The tap of a shop, and which records its events are about: `order.created` is about an order."""

from __future__ import annotations

from functools import cached_property

import click
from clarity_api.login import EXAMPLE, check_login
from clarity_api.profile import SiteProfile, load_profile
from clarity_api.reading import Reader
from singer_rest import (
    EventRecords,
    FatalRunError,
    RestStream,
    RestTap,
    check_date,
    check_feed,
    declared_settings,
    origin_of,
)

from tap_clarity.check import check_streams
from tap_clarity.client import clarity_reader
from tap_clarity.streams import STREAMS, ClarityStream

# the part of a type in front of the point: order.created, order.status_changed
NOUNS = {stream.name.removesuffix("s"): stream.name for stream in STREAMS}
LONGEST_ID = 128


class ClarityEvents(EventRecords[Reader]):
    """Events of a shop."""

    source = "clarity"

    def stream_of(self, event_type: str) -> str | None:
        """The stream of the noun in front of the point."""
        return NOUNS.get(event_type.partition(".")[0])

    def is_id(self, text: str) -> bool:
        """Whether it can be one among others in a query."""
        return 0 < len(text) <= LONGEST_ID and text.isprintable() and "," not in text


class TapClarity(RestTap[Reader]):
    """Singer tap for Clarity eCommerce: orders, customers, products, payments and invoices."""

    name = "tap-clarity"
    config_jsonschema = declared_settings("tap_clarity", "singer_rest.tap", "api_url")
    stream_classes = STREAMS
    event_records = ClarityEvents

    @cached_property
    def api(self) -> Reader:
        """The shop."""
        return clarity_reader(self.config, self.profile, self.user_agent)

    @cached_property
    def profile(self) -> SiteProfile:
        """How the shop is spoken to."""
        return load_profile(self.config)

    def discover_streams(self) -> list[RestStream[Reader]]:
        """The streams that the shop has."""
        return [stream for stream in super().discover_streams() if stream.name in self.profile.streams]

    @property
    def origin(self) -> str:
        """The root of the shop's API."""
        return origin_of(self.config["api_url"])

    def check_settings(self) -> None:
        """Raise FatalRunError for what can't work, naming the setting and never its value."""
        if not self.config.get("api_url"):
            raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, such as {EXAMPLE}")
        check_login(self.config, self.profile)
        check_feed(self.config)
        check_date(self.config, "start_date")

    def ask_api(self) -> None:
        """Ask for the first page of the first stream, or for next to nothing where events are followed."""
        for stream in self.selected_streams[:1]:
            if isinstance(stream, ClarityStream):
                stream.probe() if self.follows else stream.ask()

    def check(self) -> int:
        """Sign in, read a row of each stream and say what was found; 0 when all of it works."""
        return check_streams(self.api, self.profile, self.config, click.echo)
