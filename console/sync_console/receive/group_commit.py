"""Group commit: all deliveries that arrive during a commit are stored together by the next one."""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from singer_rest import LogThrottle

from sync_console.receive.event_log import EventLog, LogThread, UnavailableError
from sync_console.receive.webhook_events import WebhookEvent

LOGGER = logging.getLogger(__name__)
MAX_WAITING = 2000  # deliveries; above it the disk doesn't keep up, and senders had better come again
MAX_AT_ONCE = 500
PATIENCE_SECONDS = 8  # senders give up after ten
DELETE_EVERY_SECONDS = 3600
RETRY_SECONDS = 1


class GroupCommit:
    """Stores deliveries for the coroutines of one event loop, and wakes those that wait for news."""

    def __init__(self, path: Path, *, keep_days: int) -> None:
        self._log = LogThread(path, "group commit")
        self._keep_seconds = keep_days * 24 * 3600
        self._waiting: list[tuple[Sequence[WebhookEvent], asyncio.Future[str]]] = []
        self._arrived = asyncio.Event()
        self.news = asyncio.Event()  # set at the next commit: to be taken before the log is read
        self._closing = False
        self._trouble, self._warnings = "", LogThrottle(LOGGER)
        self._writing, self._deleting = asyncio.create_task(self._write()), asyncio.create_task(self._delete_old_rows())

    def wake_readers(self) -> None:
        """Let all who wait for news read the log."""
        self.news.set()
        self.news = asyncio.Event()

    async def store(self, events: Sequence[WebhookEvent]) -> None:
        """Return when they are on the disk; UnavailableError when they are not."""
        if len(self._waiting) >= MAX_WAITING:
            raise UnavailableError("too many deliveries wait for the disk")
        stored: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, stored))
        self._arrived.set()
        try:
            trouble = await asyncio.wait_for(stored, PATIENCE_SECONDS)
        except TimeoutError:
            trouble = "the disk takes too long"
        if trouble:
            raise UnavailableError(trouble)

    async def close(self) -> None:
        """Store what waits, and end."""
        self._closing = True
        self._arrived.set()
        self._deleting.cancel()
        await self._writing
        await asyncio.to_thread(self._log.close)

    async def _write(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            group, self._waiting = self._waiting[:MAX_AT_ONCE], self._waiting[MAX_AT_ONCE:]
            if not self._waiting:
                self._arrived.clear()
            if not group:
                continue
            trouble = await self._append([event for events, _ in group for event in events])
            for _, stored in group:
                if not stored.done():  # somebody still waits for it
                    stored.set_result(trouble)
            if not trouble:
                self.wake_readers()

    async def _append(self, events: Sequence[WebhookEvent]) -> str:
        """Why they could not be stored; empty when they are."""
        trouble = ""
        try:
            await self._log.call(EventLog.append, events)
        except UnavailableError as error:
            trouble = str(error)
        if trouble and not self._trouble:
            LOGGER.error("Deliveries can't be stored and are answered 503: %s", trouble)
        elif self._trouble and not trouble:
            LOGGER.info("Deliveries are stored again")
        self._trouble = trouble
        return trouble

    async def _delete_old_rows(self) -> None:
        while True:
            pause = 0
            try:
                if not await self._log.call(EventLog.delete_old, time.time() - self._keep_seconds):
                    pause = DELETE_EVERY_SECONDS
            except UnavailableError as error:
                self._warnings.warning(f"Old deliveries can't be deleted: {error}")
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)
