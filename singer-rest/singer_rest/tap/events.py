"""A feed of events, followed: the records that webhooks told of are fetched again and emitted at once.

The feed holds events in the order of a growing number, `seq`: STATE says how far it is read.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from logging import Logger
from typing import Any
from urllib.parse import urlsplit

from singer_sdk.singerlib import StateMessage

from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError
from singer_rest.http.answers import Fault, Wording
from singer_rest.http.auth import Bearer
from singer_rest.http.client import RestClient
from singer_rest.plugin.shutdown import Shutdown, ShutdownRequested, discard_output
from singer_rest.tap.state import EVENTS

POLL_SECONDS = 1  # so often the tap looks whether it is still read
ANSWER_SECONDS = 10.0  # beyond those that a poll waits
STATE_SECONDS = 1.0
LONGEST_PAUSE = 5.0
PATIENCE_SECONDS = 60.0
CHUNK = 100
ROOT_HINT = "check events_url, the root of the feed, in front of /feed/"


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that something happened to a record; what it holds now, the API says."""

    seq: int
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some events, the number to go on after, and whether events before them are lost."""

    events: list[Event]
    last: int
    gap: bool


class Feed:
    """The events of one source. `url` is the root in front of /feed/{source}."""

    def __init__(self, url: str, token: str, source: str, user_agent: str) -> None:
        self._path = f"/feed/{source}"
        self._client = RestClient(
            base_url=url.rstrip("/"),
            auth=Bearer(token),
            user_agent=user_agent,
            request_timeout=ANSWER_SECONDS,
            retry_seconds=0,
            wording=Wording("events_url", {0: ROOT_HINT}),
            pool=1,
        )
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))

    def after(self, seq: int, wait: int) -> Batch:
        """The events after this number, if need be those that come within `wait` seconds.

        Raises ApiUnavailable when another try may help, FatalRunError when it can't.
        """
        params = {"after": seq, "wait": wait}
        try:
            return batch_in(
                self._client.ask_once("GET", self._path, params=params, timeout=wait + ANSWER_SECONDS).body, seq
            )
        except ApiError as refused:
            if refused.status in {401, 403}:
                raise FatalRunError(f"The feed of events at {self.origin} does not accept events_token") from None
            raise FatalRunError(str(refused)) from None
        except Fault as fault:
            raise ApiUnavailable(self._why(fault), retry_after=fault.retry_after) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ApiUnavailable(f"What {self.origin} answers is no feed of events: check events_url") from None

    def _why(self, fault: Fault) -> str:
        if fault.odd:
            return f"What {self.origin} answers is no feed of events: check events_url"
        if fault.status:
            return f"The feed of events at {self.origin} answered {fault.status}"
        hint = "check events_url, and that sync-console receive is running there"
        return f"The feed of events at {self.origin} can't be reached: {hint}"


def batch_in(body: Any, after: int) -> Batch:
    """The parsed answer; raises ValueError and its like for one that is none."""
    events = [Event(_number(item["seq"]), _text(item.get("type")), _text(item.get("id"))) for item in body["events"]]
    numbers = [event.seq for event in events]
    last = numbers[-1] if numbers else _number(body["last"])
    # another database than the one that the number came from
    gap = body.get("gap") is True or last < after
    if numbers != sorted(set(numbers)) or (numbers and numbers[0] <= after and not gap):
        raise ValueError
    return Batch(events, last, gap)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError
    return value


class Bookmark:
    """How far the feed is read; written as STATE at most once a second."""

    def __init__(self, seq: int, write: Callable[[StateMessage], None]) -> None:
        self.seq = seq
        self._write = write
        self._written: int | None = None
        self._written_at = 0.0

    @classmethod
    def in_state(cls, state: Mapping[str, Any], write: Callable[[StateMessage], None]) -> Bookmark:
        """Where a STATE, which was checked, says that the feed was read to."""
        return cls(state.get("bookmarks", {}).get(EVENTS, {}).get("replication_key_value", 0), write)

    def save(self, *, last: bool = False) -> None:
        """Write a STATE if there is news and it is time, or the `last` one."""
        now = time.monotonic()
        if self.seq == self._written or (not last and (now - self._written_at < STATE_SECONDS)):
            return
        self._written, self._written_at = self.seq, now
        bookmark = {"replication_key": "seq", "replication_key_value": self.seq}
        self._write(StateMessage(value={"bookmarks": {EVENTS: bookmark}}))


@dataclass(frozen=True, slots=True)
class FeedFollower:
    """Polls the feed and hands its events, some at a time, to what emits their records."""

    feed: Feed
    bookmark: Bookmark
    emit: Callable[[Sequence[Event]], None]
    shutdown: Shutdown
    logger: Logger
    endless: bool

    def run(self, begin: Callable[[], None]) -> None:
        """Call `begin`, then read to the feed's end or, if it is to be endless, until the tap is told to end."""
        self.logger.info("Reading the feed of events at %s after %d", self.feed.origin, self.bookmark.seq)
        try:
            begin()
            while self._read_batch() or self.endless:
                pass
            self.bookmark.save(last=True)
        except ShutdownRequested:
            self._end()

    def _end(self) -> None:
        try:
            self.bookmark.save(last=True)
        except BrokenPipeError:
            discard_output()  # all plugins of a pipe are told to end at once: the reader was quicker
        self.logger.info("Told to end; the feed of events is read up to %d", self.bookmark.seq)

    def _read_batch(self) -> bool:
        """Poll once, and have what came emitted; False when nothing came."""
        batch = self._poll()
        if batch.gap:
            self.logger.warning(
                "The feed has no longer all events after %d: what changed meanwhile comes with the next incremental "
                "run (without events_url); going on",
                self.bookmark.seq,
            )
        for start in range(0, len(batch.events), CHUNK):
            events = batch.events[start : start + CHUNK]
            self.emit(events)
            self.bookmark.seq = events[-1].seq
            self.bookmark.save()
        self.bookmark.seq = batch.last
        self.bookmark.save()
        self.shutdown.check_reader()
        return bool(batch.events)

    def _poll(self) -> Batch:
        began = time.monotonic()
        for tries in count():
            try:
                with self.shutdown.waiting():
                    batch = self.feed.after(self.bookmark.seq, POLL_SECONDS if self.endless else 0)
            except ApiUnavailable as error:
                if not self.endless and time.monotonic() - began > PATIENCE_SECONDS:
                    raise
                self._pause(error, tries)
            else:
                if tries:
                    self.logger.info("The feed of events at %s answers again", self.feed.origin)
                return batch
        raise AssertionError  # count() has no end

    def _pause(self, error: ApiUnavailable, tries: int) -> None:
        """Wait before the next try; logged once."""
        if not tries:
            self.logger.warning("%s; trying again until it answers", error)
        longest = min(LONGEST_PAUSE, 0.5 * 2.0 ** min(tries, 5))
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
        until = time.monotonic() + max(pause, min(error.retry_after or 0.0, LONGEST_PAUSE))
        while (left := until - time.monotonic()) > 0:
            self.bookmark.save()
            self.shutdown.check_reader()
            with self.shutdown.waiting():
                time.sleep(min(left, POLL_SECONDS))
