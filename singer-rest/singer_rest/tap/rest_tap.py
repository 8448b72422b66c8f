"""What taps of REST APIs share: one order of streams, SCHEMAs before RECORDs, a run that ends or follows events."""

from __future__ import annotations

import io
import json
import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import FrameType
from typing import IO, Any, ClassVar, Generic, TypeVar

import click
from singer_sdk import Stream, Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Record
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib import SchemaMessage

from singer_rest.cli.commands import PluginCommand, Subcommand
from singer_rest.errors import FatalRunError
from singer_rest.http.origin import ORIGIN
from singer_rest.plugin.log_throttle import LogOnce
from singer_rest.plugin.shell import Shell, unreadable
from singer_rest.plugin.shutdown import Shutdown
from singer_rest.plugin.stdio import BurstWriter, record_end
from singer_rest.tap.events import Bookmark, Event, Feed, FeedFollower
from singer_rest.tap.extra_fields import deep_copy
from singer_rest.tap.odd_instants import OddInstants
from singer_rest.tap.state import check_bookmarks, opened_state, parsed_state

Api = TypeVar("Api")
DELETED = "_sdc_deleted_at"


class RestTap(Shell, Tap, Generic[Api]):
    """A tap of one API; `stream_classes` are read in their order, what others refer to first."""

    stream_classes: ClassVar[tuple[type[RestStream[Any]], ...]]
    event_records: ClassVar[type[EventRecords[Any]]]
    """What knows the records behind the events of a feed."""
    message_writer_class = BurstWriter
    capabilities: ClassVar[list[Any]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    message_writer: BurstWriter

    def __init__(self, *, state: Any = None, **options: Any) -> None:
        super().__init__(state=state if state is None or isinstance(state, str) else opened_state(state), **options)
        self.shutdown = Shutdown(self.name)
        self._schemas_sent = False

    @cached_property
    @abstractmethod
    def api(self) -> Api:
        """What the streams read with; made when the first is read, so that discovery needs none."""

    @abstractmethod
    def ask_api(self) -> None:
        """Ask the API for as little as shows that it knows the tap, before anything is written."""

    @property
    def origin(self) -> str | None:
        """Where the records come from, named as a target's destination is; known once the API was asked."""
        return None

    @property
    def user_agent(self) -> str:
        """What the tap calls itself."""
        return self.config.get("user_agent") or f"{self.name}/{self.plugin_version}"

    @property
    def follows(self) -> bool:
        """Whether the records are those that events name."""
        return bool(self.config.get("events_url"))

    def discover_streams(self) -> list[RestStream[Api]]:
        """All streams; their schemas are part of the tap."""
        return [stream(self) for stream in self.stream_classes]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order in which they are read."""
        by_name = super().streams
        return {stream.name: by_name[stream.name] for stream in self.stream_classes if stream.name in by_name}

    @property
    def selected_streams(self) -> list[RestStream[Api]]:
        """Those of the streams that are wanted."""
        return [stream for stream in self.streams.values() if stream.selected and isinstance(stream, RestStream)]

    def send_schemas(self) -> None:
        """Send the SCHEMAs of all selected streams, once.

        The API is asked first and all SCHEMAs come before the first record, so that whoever reads them can refuse
        before anything is written.
        """
        if self._schemas_sent:
            return
        self._schemas_sent = True
        with self.shutdown.waiting():
            self.ask_api()
        for stream in self.selected_streams:
            stream.send_schema()

    def sync_all(self) -> None:  # type: ignore[misc]  # final, but the SDK knows no endless run
        """Read all changes, or what the feed of events names."""
        if not self.follows:
            super().sync_all()
            return
        config, endless, records = self.config, self.config["follow"], self.event_records(self)
        feed = Feed(config["events_url"], config["events_token"], records.source, self.user_agent)
        bookmark = Bookmark.in_state(dict(self.state), self.message_writer.write_message)
        FeedFollower(feed, bookmark, records.emit, self.shutdown, self.logger, endless=endless).run(records.begin)

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over the bookmarks. Raises FatalRunError for one that can't be gone on from."""
        state = opened_state(state)
        check_bookmarks(state.get("bookmarks", {}), {stream.name: stream.parted_by for stream in self.stream_classes})
        super().load_state(state)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if self.follows:
            self.shutdown.request()
            return
        # no STATE from here: the signal may have come in the middle of a line
        PluginBase._handle_termination(self, signum, frame)  # noqa: SLF001 - what the SDK's tap does after its STATE

    @classmethod
    def invoke(cls, *, check: bool = False, config: Any = None, state: IO[str] | None = None, **options: Any) -> None:
        """Run the command."""
        if check:
            with cls.single_line_errors():
                sys.exit(cls(config=config.config, parse_env_config=config.parse_env).check())
        if state is not None:
            with cls.single_line_errors():
                state = io.StringIO(json.dumps(parsed_state(_text_of(state))))
        super().invoke(config=config, state=state, **options)

    @classmethod
    def explain(cls, error: Exception) -> list[str]:
        """Also explain a STATE or catalog that is not JSON."""
        if isinstance(error, ValueError) and hasattr(error, "lineno"):
            return [f"A file of --state or --catalog can't be read: {unreadable(error)}"]
        return super().explain(error)

    def check(self) -> int:
        """Say what a run would find, and what stands in its way; 0 when it can go."""
        raise NotImplementedError

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command; with `check`, where the tap has it."""
        plain = super().get_singer_command()
        if cls.check is RestTap.check:
            return plain
        check = Subcommand(["--check"], is_flag=True, help="Say what a run would find, and what stands in its way.")
        return PluginCommand(
            name=plain.name,
            callback=plain.callback,
            context_settings=plain.context_settings,
            params=[*plain.params, check],
            help=plain.help,
            logger=cls.logger,
        )

    @classmethod
    def cb_test(cls, *args: Any, **options: Any) -> None:
        """Run --test."""
        with cls.single_line_errors():
            super().cb_test(*args, **options)


class RestStream(Stream, Generic[Api]):
    """A stream of such a tap: records in the shape of the schema, in the order of their replication key."""

    is_sorted = True
    STATE_MSG_FREQUENCY = 100
    # the JSON parser gives the types, and unknown fields are set aside: there is nothing left to conform
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    companions: ClassVar[frozenset[str]] = frozenset()
    """Properties that the API does not send."""
    parted_by: ClassVar[str | None] = None
    """What each bookmark of the stream is of, where it has several: a property of the record."""

    name: str
    _tap: RestTap[Api]

    @property
    def api(self) -> Api:
        """What the stream reads with."""
        return self._tap.api

    @cached_property
    def odd(self) -> OddInstants:
        """The records whose time of change can't be."""
        return OddInstants(self.logger, self.name, self.replication_key or "")

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records with these ids, complete, some at a time; tombstones for those that are gone."""
        raise NotImplementedError

    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """End the stream; the SDK's name for it."""
        super().finalize_state_progress_markers(state)
        self.odd.say()

    def emit(self, record: Record) -> None:
        """Send a record."""
        self._write_record_message(record)

    def send_schema(self) -> None:
        """Send this stream's SCHEMA."""
        super()._write_schema_message()

    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        origin = self._tap.origin
        for message in super()._generate_schema_messages():
            if origin:
                message.schema = {**message.schema, ORIGIN: origin}
            yield message

    def _write_schema_message(self) -> None:
        # the SDK would send it when the stream's turn has come; the tap sends all at once
        self._tap.send_schemas()

    @cached_property
    def _goes_out_as_it_is(self) -> bool:
        """Whether every field is selected and nothing maps the stream."""
        maps = [(type(stream_map), stream_map.flattening_enabled) for stream_map in self.stream_maps]
        return all(self.mask.values()) and maps == [(SameRecordTransform, False)] and self._stream_version is None

    def _write_record_message(self, record: Record) -> None:
        if not self._goes_out_as_it_is:
            # the SDK takes deselected fields out of what it is given, which other records may share
            super()._write_record_message(deep_copy(record))
            return
        # the SDK would look for deselected fields in every record, a tap's largest cost after reading it
        self._tap.message_writer.add_record(self.name, record, record_end(datetime.now(UTC)))
        self.state_manager.is_flushed = False

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """The SDK's own remarks, for who debugs; what a user needs is logged elsewhere."""
        super().log(message, *args, level=min(level, logging.DEBUG), **kwargs)


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
                stream.odd.say()
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


def _text_of(file: IO[str]) -> str:
    try:
        return file.read()
    except UnicodeDecodeError:
        raise FatalRunError("The file of --state is not UTF-8") from None
