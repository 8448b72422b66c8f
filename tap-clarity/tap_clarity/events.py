"""The records that events are about: fetched again from the shop, as an event is only a hint."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_clarity.streams import STREAMS, ClarityStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clarity.feed import Event
    from tap_clarity.tap import TapClarity

# the part of a type in front of the point: order.created, order.status_changed
NOUNS = {stream.name.removesuffix("s"): stream.name for stream in STREAMS}
LONGEST_ID = 128
LOGGER = logging.getLogger("tap-clarity")


class EventRecords:
    """Emits the records that events name on the ordinary streams."""

    def __init__(self, tap: TapClarity) -> None:
        self._tap = tap
        self._said: set[str] = set()

    def begin(self) -> None:
        """Have the SCHEMAs sent, once the shop has shown that it knows the tap."""
        self._tap.announce()
        self._tap.message_writer.flush()

    def take(self, events: Sequence[Event]) -> None:
        """Fetch each record once, and emit it at once."""
        for stream, ids in self._by_stream(events).items():
            with self._tap.ending.waiting():
                records = stream.named(ids)
            for record in records:
                stream.emit(record)
            self._tap.message_writer.flush()

    def _by_stream(self, events: Sequence[Event]) -> dict[ClarityStream, list[str]]:
        """The ids by selected stream, in the order in which streams are read."""
        named: dict[str, dict[str, None]] = {}
        for event in events:
            if name := self._stream_of(event):
                named.setdefault(name, {})[event.id] = None
        return {
            stream: list(named[stream.name])
            for stream in self._tap.streams.values()
            if stream.selected and isinstance(stream, ClarityStream) and stream.name in named
        }

    def _stream_of(self, event: Event) -> str | None:
        name = NOUNS.get(event.type.partition(".")[0])
        if name is None:
            self._say(event.type, "are skipped: no stream holds what they are about")
        elif not _is_id(event.id):
            self._say(event.type, "are skipped where they name no id")
            return None
        return name

    def _say(self, kind: str, what: str) -> None:
        if (line := f"Events of type {kind[:60]!r} {what}") not in self._said:
            self._said.add(line)
            LOGGER.info(line)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and "," not in text
