"""One thread that writes the log: whatever arrives during a commit is stored together by the next one."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync_console.event_log import EventLog, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sync_console.notices import Notice

LOGGER = logging.getLogger(__name__)
MOST_WAITING = 2000  # deliveries; above it the disk doesn't keep up, and senders had better come again
MOST_AT_ONCE = 500
PATIENCE_SECONDS = 8  # senders give up after ten
FORGET_SECONDS = 3600
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class _Delivery:
    notices: Sequence[Notice]
    stored: asyncio.Future[None]


class GroupCommit:
    """Stores deliveries for coroutines of one event loop, and wakes those that wait for news."""

    def __init__(self, path: Path, *, keep_days: int) -> None:
        self._path = path
        self._keep_seconds = keep_days * DAY_SECONDS
        self._waiting: queue.SimpleQueue[_Delivery | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._log: EventLog | None = None
        self._forget_at = 0.0
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="group commit")
        self._thread.start()

    @property
    def news(self) -> asyncio.Event:
        """Set at the next commit; take it before looking at the log."""
        return self._news

    async def store(self, notices: Sequence[Notice]) -> None:
        """Return when they are on the disk; UnavailableError when they are not."""
        if self._waiting.qsize() >= MOST_WAITING:
            raise UnavailableError("too many deliveries wait for the disk")
        delivery = _Delivery(notices, self._loop.create_future())
        self._waiting.put(delivery)
        try:
            await asyncio.wait_for(delivery.stored, PATIENCE_SECONDS)
        except TimeoutError:
            raise UnavailableError("the disk takes too long") from None

    async def close(self) -> None:
        """Store what waits, and end."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            trouble = self._try(group)
            if group:
                self._loop.call_soon_threadsafe(self._settle, group, trouble)
        if self._log:
            self._log.close()

    def _next_group(self) -> list[_Delivery] | None:
        """Wait for deliveries and take all that are there; none when it is time to forget old rows."""
        try:
            first = self._waiting.get(timeout=max(0.0, self._forget_at - time.monotonic()))
        except queue.Empty:
            return []
        group = [] if first is None else [first]
        while first is not None and len(group) < MOST_AT_ONCE and not self._waiting.empty():
            if (following := self._waiting.get()) is None:
                self._waiting.put(None)
                break
            group.append(following)
        return None if first is None else group

    def _try(self, group: list[_Delivery]) -> str:
        try:
            self._log = self._log or EventLog(self._path)
            if group:
                self._log.append(notice for delivery in group for notice in delivery.notices)
            self._forget(self._log)
        except UnavailableError as error:
            self._prepare_next_try()
            return self._said(str(error))
        return self._said("")

    def _forget(self, log: EventLog) -> None:
        if time.monotonic() < self._forget_at:
            return
        more = log.forget(time.time() - self._keep_seconds)
        self._forget_at = time.monotonic() + (0 if more else FORGET_SECONDS)

    def _prepare_next_try(self) -> None:
        if self._log and not self._log.usable:
            self._log.close()
            self._log = None
        self._forget_at = max(self._forget_at, time.monotonic() + 1)

    def _said(self, trouble: str) -> str:
        if trouble and not self._trouble:
            LOGGER.error("Deliveries can't be stored and are answered 503: %s", trouble)
        elif self._trouble and not trouble:
            LOGGER.info("Deliveries are stored again")
        self._trouble = trouble
        return trouble

    def _settle(self, group: list[_Delivery], trouble: str) -> None:
        for delivery in group:
            if delivery.stored.done():
                continue
            if trouble:
                delivery.stored.set_exception(UnavailableError(trouble))
            else:
                delivery.stored.set_result(None)
        if not trouble:
            self._news.set()
            self._news = asyncio.Event()
