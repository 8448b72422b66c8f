"""The records that events are about: fetched again from Streak, as an event is only a hint."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from tap_streak.stream import StreakStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_streak.client import Row
    from tap_streak.feed import Event
    from tap_streak.tap import TapStreak

STREAMS = {
    "BOX_CREATE": "boxes",
    "BOX_EDIT": "boxes",
    "BOX_CHANGE_STAGE": "boxes",
    "BOX_CHANGE_PIPELINE": "boxes",
    "BOX_DELETE": "boxes",
    "BOX_NEW_EMAIL_ADDRESS": "boxes",
    "CONTACT_CREATE": "contacts",
    "CONTACT_UPDATE": "contacts",
    "CONTACT_DELETE": "contacts",
    "ORG_CREATE": "organizations",
    "ORG_UPDATE": "organizations",
    "ORG_DELETE": "organizations",
    "TASK_CREATE": "tasks",
    "TASK_COMPLETE": "tasks",
    "TASK_DUE": "tasks",
    "TASK_UPDATED": "tasks",
    "COMMENT_CREATE": "comments",
    "MEETING_CREATE": "meetings",
    "MEETING_UPDATE": "meetings",
    "STAGE_CREATE": "stages",
}
KEY = re.compile(r"[\w-]{1,200}", re.ASCII)
NAMES_LAST = 300.0  # seconds: a stage or a person may get another name while the tap follows
LOGGER = logging.getLogger("tap-streak")


class EventRecords:
    """Emits the records that events name on the ordinary streams."""

    def __init__(self, tap: TapStreak) -> None:
        self._tap = tap
        self._said: set[str] = set()

    def begin(self) -> None:
        """Have the SCHEMAs sent, once Streak has shown that it knows the tap."""
        self._tap.announce()
        self._tap.message_writer.flush()

    def take(self, events: Sequence[Event]) -> None:
        """Fetch each record once, and emit it at once."""
        self._tap.freshen(NAMES_LAST)
        self._tap.boxes.put_away()
        for stream, keys in self._by_stream(events).items():
            rows = stream.named(keys)
            while row := self._next(rows):
                stream.emit(row)
                self._tap.message_writer.flush()

    def _next(self, rows: Iterator[Row]) -> Row | None:
        with self._tap.ending.waiting():
            return next(rows, None)

    def _by_stream(self, events: Sequence[Event]) -> dict[StreakStream, list[str]]:
        """The keys by selected stream, in the order in which streams are read."""
        named: dict[str, dict[str, None]] = {}
        for event in events:
            if name := self._stream_of(event):
                named.setdefault(name, {})[event.id] = None
        return {
            stream: list(named[stream.name])
            for stream in self._tap.streams.values()
            if stream.selected and isinstance(stream, StreakStream) and stream.name in named
        }

    def _stream_of(self, event: Event) -> str | None:
        name = STREAMS.get(event.type)
        if name is None:
            self._say(event.type, "are skipped: no stream holds what they are about")
        elif not KEY.fullmatch(event.id):
            self._say(event.type, "are skipped where they name no key")
            return None
        return name

    def _say(self, kind: str, what: str) -> None:
        if (line := f"Events of type {kind[:60]!r} {what}") not in self._said:
            self._said.add(line)
            LOGGER.info(line)
