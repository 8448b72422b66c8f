"""The tap: its settings, its streams, and its command line."""

from __future__ import annotations

import logging
import os
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_rest.errors import FatalRunError
from singer_sdk import Stream, Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import PluginBase

from tap_streak.account import Account
from tap_streak.box_source import BoxSource
from tap_streak.box_streams import CHILD_STREAMS, Boxes, PipelineStream
from tap_streak.client import streak_client
from tap_streak.directory import Directory
from tap_streak.ending import Ending
from tap_streak.errors import one_line
from tap_streak.events import EventRecords
from tap_streak.following import EVENTS, follow
from tap_streak.instants import parse_instant
from tap_streak.party_streams import Contacts, Organizations
from tap_streak.settings import SETTINGS, check_settings
from tap_streak.stream import StreakStream
from tap_streak.team_streams import Fields, Pipelines, Stages, Teams, Users
from tap_streak.writer import BurstWriter

if TYPE_CHECKING:
    from types import FrameType

    from singer_rest.http.client import RestClient

STREAMS = (Teams, Users, Pipelines, Stages, Fields, Organizations, Contacts, Boxes, *CHILD_STREAMS)


class TapStreak(Tap):
    """Singer tap for Streak CRM: boxes, contacts, organizations, tasks, comments, meetings and what they belong to."""

    name = "tap-streak"
    config_jsonschema = SETTINGS
    message_writer_class = BurstWriter
    capabilities = [  # noqa: RUF012 - the SDK's way to say it
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    message_writer: BurstWriter

    def __init__(self, **options: Any) -> None:
        self.logger.addFilter(_worth_saying)
        logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)  # a line for every setting
        super().__init__(**options)
        self._announced = False
        self._fresh_at = time.monotonic()
        self.ending = Ending()
        if not {"TAP_STREAK_LOGLEVEL", "LOGLEVEL"} & os.environ.keys():
            self.metrics_logger.setLevel(logging.WARNING)

    @cached_property
    def client(self) -> RestClient:
        """Streak; made when the first stream is read, so that discovery needs none."""
        return streak_client(self.config, self.config.get("user_agent") or f"{self.name}/{self.plugin_version}")

    @cached_property
    def account(self) -> Account:
        """What the key may see."""
        return Account(self.client, self.config)

    @cached_property
    def directory(self) -> Directory:
        """What keys mean."""
        return Directory(self.client, self.account)

    @cached_property
    def boxes(self) -> BoxSource:
        """The boxes; all are listed where children hang on them or deletions are looked for."""
        children = any(self.streams[stream.name].selected for stream in CHILD_STREAMS)
        whole = children or self.config["detect_deletes"]
        return BoxSource(self.client, self.account, self.config["page_size"], whole=whole)

    def discover_streams(self) -> list[StreakStream]:
        """All streams; their schemas are part of the tap."""
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams in the order in which they are read: what others refer to comes first."""
        by_name = super().streams
        return {stream.name: by_name[stream.name] for stream in STREAMS}

    def announce(self) -> None:
        """Send the SCHEMAs of all selected streams, once.

        Streak is asked first and all SCHEMAs come before the first record, so that whoever reads them can refuse
        before anything is written.
        """
        if self._announced:
            return
        self._announced = True
        with self.ending.waiting():
            self.account.connect()
        for stream in self.streams.values():
            if stream.selected and isinstance(stream, StreakStream):
                if isinstance(stream, PipelineStream):
                    stream.forget_others()
                stream.announce()

    def freshen(self, seconds: float) -> None:
        """Have names, people and pipelines asked for again if they are older than this."""
        if time.monotonic() - self._fresh_at >= seconds:
            self._fresh_at = time.monotonic()
            for name in ("account", "directory", "boxes"):
                self.__dict__.pop(name, None)

    def sync_all(self) -> None:  # type: ignore[misc]  # final, but the SDK knows no endless run
        """Read all changes, or what the feed of events tells of."""
        if self.config.get("events_url"):
            follow(self, "streak", EventRecords(self), self.ending)
        else:
            super().sync_all()

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over the bookmarks. Raises FatalRunError for one that is no instant."""
        super().load_state(state)
        for stream, bookmark in self.state.get("bookmarks", {}).items():
            if stream == EVENTS:
                continue
            for part in (bookmark, *bookmark.get("partitions", [])):
                try:
                    parse_instant(part.get("replication_key_value", "2000-01-01"))
                except (TypeError, ValueError):
                    raise FatalRunError(
                        f"The STATE of {stream} holds no instant: correct it, or run without STATE"
                    ) from None

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        if raise_errors:
            check_settings(self._config)
        return super()._validate_config(raise_errors=raise_errors)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if self.config.get("events_url"):
            self.ending.ask()
            return
        # no STATE from here: the signal may have come in the middle of a line
        PluginBase._handle_termination(self, signum, frame)  # noqa: SLF001 - what the SDK's tap does after its STATE

    @classmethod
    def cb_config(cls, *args: Any, **options: Any) -> Any:
        """Read --config."""
        with one_line(cls.logger):
            return super().cb_config(*args, **options)

    @classmethod
    def cb_test(cls, *args: Any, **options: Any) -> None:
        """Run --test."""
        with one_line(cls.logger):
            super().cb_test(*args, **options)

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the sync."""
        with one_line(cls.logger):
            super().invoke(**options)


def _worth_saying(line: logging.LogRecord) -> bool:
    """Whether it is more than the SDK's talk about itself."""
    return not str(line.msg).startswith(("Skipping parse of env var", "Parsing env var"))
