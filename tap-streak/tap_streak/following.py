"""Follows a feed of events: what they name is emitted at once, and STATE tells how far it is."""

from __future__ import annotations

import logging
import random
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from singer_rest.errors import ApiUnavailable, FatalRunError
from singer_sdk.singerlib import StateMessage

from tap_streak.ending import Ended, let_go
from tap_streak.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_sdk import Tap

    from tap_streak.ending import Ending
    from tap_streak.feed import Batch, Event

WAIT = 1  # seconds that a poll may take: so often the tap looks whether it is still read
STATE_INTERVAL = 1.0
LONGEST_PAUSE = 5.0
PATIENCE = 60.0
CHUNK = 100
EVENTS = "events"
LOGGER = logging.getLogger("tap-streak")


def follow(tap: Tap, source: str, records: Records, ending: Ending) -> None:
    """Read the feed that the tap's settings name, from where its STATE says."""
    agent = tap.config.get("user_agent") or f"{tap.name}/{tap.plugin_version}"
    bookmark = Bookmark(_place(dict(tap.state)), tap.message_writer.write_message)
    Following(Feed(tap.config, source, agent), records, bookmark, ending, endless=tap.config["follow"]).run()


def _place(state: dict[str, Any]) -> int:
    seq = state.get("bookmarks", {}).get(EVENTS, {}).get("replication_key_value", 0)
    if not isinstance(seq, int) or seq < 0:
        raise FatalRunError("The STATE of events holds no number: correct it, or run without STATE")
    return seq


class Bookmark:
    """How far the feed is read; written as STATE at most once a second."""

    def __init__(self, seq: int, write: Callable[[StateMessage], None]) -> None:
        self.seq = seq
        self._write = write
        self._written: int | None = None
        self._written_at = 0.0

    def save(self, *, last: bool = False) -> None:
        """Write a STATE if there is news and it is time, or the `last` one."""
        now = time.monotonic()
        if self.seq == self._written or (not last and (now - self._written_at < STATE_INTERVAL)):
            return
        self._written, self._written_at = self.seq, now
        bookmark = {"replication_key": "seq", "replication_key_value": self.seq}
        self._write(StateMessage(value={"bookmarks": {EVENTS: bookmark}}))


class Records(Protocol):
    """What knows the records behind events."""

    def begin(self) -> None:
        """Have the SCHEMAs emitted."""

    def take(self, events: Sequence[Event]) -> None:
        """Have the records emitted that these events are about."""


class Following:
    """Polls the feed and hands its events over, some at a time."""

    def __init__(self, feed: Feed, records: Records, bookmark: Bookmark, ending: Ending, *, endless: bool) -> None:
        self._feed = feed
        self._records = records
        self._bookmark = bookmark
        self._ending = ending
        self._endless = endless

    def run(self) -> None:
        """Read to the feed's end or, if it is to be endless, until the tap is told to end."""
        LOGGER.info("Reading the feed of events at %s after %d", self._feed.origin, self._bookmark.seq)
        try:
            self._records.begin()
            while self._turn() or self._endless:
                pass
            self._bookmark.save(last=True)
        except Ended:
            self._end()

    def _end(self) -> None:
        try:
            self._bookmark.save(last=True)
        except BrokenPipeError:
            let_go()  # all plugins of a pipe are told to end at once: the reader was quicker
        LOGGER.info("Told to end; the feed of events is read up to %d", self._bookmark.seq)

    def _turn(self) -> bool:
        """Poll once, and have what came emitted; False when nothing came."""
        batch = self._poll()
        if batch.gap:
            LOGGER.warning(
                "The feed has no longer all events after %d: what changed meanwhile comes with the next incremental "
                "run (without events_url); going on",
                self._bookmark.seq,
            )
        for start in range(0, len(batch.events), CHUNK):
            events = batch.events[start : start + CHUNK]
            self._records.take(events)
            self._bookmark.seq = events[-1].seq
            self._bookmark.save()
        self._bookmark.seq = batch.last
        self._bookmark.save()
        self._ending.check_reader()
        return bool(batch.events)

    def _poll(self) -> Batch:
        began = time.monotonic()
        for tried in count():
            try:
                with self._ending.waiting():
                    batch = self._feed.after(self._bookmark.seq, WAIT if self._endless else 0)
            except ApiUnavailable as error:
                if not self._endless and time.monotonic() - began > PATIENCE:
                    raise
                self._pause(error, tried)
            else:
                if tried:
                    LOGGER.info("The feed of events at %s answers again", self._feed.origin)
                return batch
        raise AssertionError  # count() has no end

    def _pause(self, error: ApiUnavailable, tried: int) -> None:
        """Wait before the next try; said once."""
        if not tried:
            LOGGER.warning("%s; trying again until it answers", error)
        longest = min(LONGEST_PAUSE, 0.5 * 2.0 ** min(tried, 5))
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
        until = time.monotonic() + max(pause, min(error.retry_after or 0.0, LONGEST_PAUSE))
        while (left := until - time.monotonic()) > 0:
            self._bookmark.save()
            self._ending.check_reader()
            with self._ending.waiting():
                time.sleep(min(left, WAIT))
