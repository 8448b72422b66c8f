"""The records that events are about, emitted on the ordinary streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Generic, TypeVar

from singer_sdk.helpers.types import Record

from singer_rest.plugin.log_throttle import LogOnce
from singer_rest.tap.events import Event
from singer_rest.tap.rest_tap import RestStream, RestTap

Api = TypeVar("Api")


class EventRecords(ABC, Generic[Api]):
    """Emits the records that events name on the ordinary streams: an event is only a hint.

    A subclass says which stream an event is about and what an id is.
    """

    source: ClassVar[str]
    """Which part of the feed is read."""
    noun: ClassVar[str] = "id"

    def __init__(self, tap: RestTap[Api]) -> None:
        self._tap = tap
        self._once = LogOnce(tap.logger)

    @abstractmethod
    def stream_of(self, event_type: str) -> str | None:
        """The stream that holds what events of this type are about, if any does."""

    @abstractmethod
    def is_id(self, text: str) -> bool:
        """Whether a text may be the id of a record."""

    def prepare(self) -> None:  # most have nothing to do
        """Do what must be done before some events are looked at."""

    def begin(self) -> None:
        """Have the SCHEMAs sent, once the API has shown that it knows the tap."""
        self._tap.send_schemas()
        self._tap.message_writer.flush()

    def emit(self, events: Sequence[Event]) -> None:
        """Fetch each record once, and emit it at once."""
        self.prepare()
        for stream, ids in self._ids_by_stream(events).items():
            batches = stream.by_ids(ids)
            while (records := self._next(batches)) is not None:
                for record in records:
                    stream.emit(record)
                self._tap.message_writer.flush()

    def _next(self, batches: Iterator[list[Record]]) -> list[Record] | None:
        with self._tap.shutdown.waiting():
            return next(batches, None)

    def _ids_by_stream(self, events: Sequence[Event]) -> dict[RestStream[Api], list[str]]:
        """The ids by selected stream, in the order in which streams are read."""
        named: dict[str, dict[str, None]] = {}
        for event in events:
            if name := self._stream_named_by(event):
                named.setdefault(name, {})[event.id] = None
        return {stream: list(named[stream.name]) for stream in self._tap.selected_streams if stream.name in named}

    def _stream_named_by(self, event: Event) -> str | None:
        kind, stream = f"Events of type {event.type[:60]!r}", self.stream_of(event.type)
        if stream is None:
            self._once.info(f"{kind} are skipped: no stream holds what they are about")
        elif not self.is_id(event.id):
            self._once.info(f"{kind} are skipped where they name no {self.noun}")
            return None
        return stream
