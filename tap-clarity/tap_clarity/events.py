"""Which records the shop's events are about: `order.created` is about an order."""

from __future__ import annotations

from singer_rest import EventRecords

from tap_clarity.client import ClarityClient
from tap_clarity.streams import STREAMS

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
