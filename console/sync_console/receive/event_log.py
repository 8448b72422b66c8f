"""The log of webhook events: an SQLite file whose rows are numbered in the order in which they became visible."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from sync_console.receive.webhook_events import WebhookEvent

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

LAYOUT = 1
TABLES = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
        received_at INTEGER NOT NULL, delivery BLOB NOT NULL UNIQUE)""",
    "CREATE INDEX events_of_a_source ON events (source, seq)",
    # highest number that was deleted of a source; the row '' is where numbers began
    "CREATE TABLE horizons (source TEXT PRIMARY KEY, seq INTEGER NOT NULL)",
)
ORIGIN = ""
BUSY_SECONDS = 2
PAGE_ROWS = 1000
DELETED_AT_ONCE = 5000
WAL_BYTES = 64 * 1024 * 1024


class UnavailableError(Exception):
    """The log can't be read or written now; the text says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 1,000 events: read on after `last`; `gap` says that something before them is no longer there."""

    events: list[dict[str, Any]]
    last: int
    gap: bool


class EventLog:
    """One connection to the log. It belongs to the thread that uses it."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file; `create` makes a missing one, which only the start of the program may do.

        Later a missing file is somewhere else, and what a new one would hold is lost when it comes back.
        """
        self._path = path
        self.usable = True  # False after an error that only another connection can be free of
        address = f"{path.absolute().as_uri()}?mode=rw"
        try:
            if create:  # -wal and -shm take over who may read it
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise UnavailableError(_reason(error, path)) from None
        try:
            self._set_up()
            self._files = self._identity()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise UnavailableError(_reason(error, path)) from None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def append(self, events: Iterable[WebhookEvent]) -> None:
        """Store all or none, on the disk; events that are stored already are left alone."""
        now = int(time.time() * 1000)
        rows = [(event.source, event.type, event.id, now, event.delivery) for event in events]
        with self._transaction("IMMEDIATE"):
            self._database.executemany(
                "INSERT INTO events (source, type, id, received_at, delivery) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (delivery) DO NOTHING",
                rows,
            )

    def page(self, source: str, after: int) -> Page:
        """Events of a source with a number above `after`."""
        with self._transaction("DEFERRED"):
            (end,) = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
            horizons = dict(self._database.execute("SELECT source, seq FROM horizons").fetchall())
            rows = self._database.execute(
                "SELECT seq, type, id, received_at FROM events WHERE source = ? AND seq > ? ORDER BY seq LIMIT ?",
                (source, after, PAGE_ROWS),
            ).fetchall()
        events = [{"seq": seq, "type": type_, "id": id_, "receivedAt": _iso(at)} for seq, type_, id_, at in rows]
        gap = after < horizons.get(source, 0) or 0 < after < horizons[ORIGIN] or after > end
        return Page(events, rows[-1][0] if len(rows) == PAGE_ROWS else end, gap)

    def delete_old(self, before: float) -> bool:
        """Delete up to 5,000 rows from before this time (epoch seconds); whether there may be more."""
        oldest = "SELECT seq, received_at FROM events ORDER BY seq LIMIT ?"
        with self._transaction("IMMEDIATE"):
            deleted = self._database.execute(
                f"DELETE FROM events WHERE seq IN (SELECT seq FROM ({oldest}) WHERE received_at < ?) "  # noqa: S608
                "RETURNING source, seq",
                (DELETED_AT_ONCE, int(before * 1000)),
            ).fetchall()
            self._database.executemany(
                "INSERT INTO horizons VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)", deleted
            )
        return len(deleted) == DELETED_AT_ONCE

    def _set_up(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", f"journal_size_limit = {WAL_BYTES}"):
            self._database.execute(f"PRAGMA {pragma}").fetchall()
        if self._layout() == 0:
            self._database.execute("BEGIN IMMEDIATE")
            if self._layout() == 0:
                self._create_tables()
            self._database.execute("COMMIT")

    def _layout(self) -> int:
        layout: int = self._database.execute("PRAGMA user_version").fetchone()[0]
        if layout > LAYOUT:
            raise sqlite3.DatabaseError("it was made by a later version of sync-console")
        return layout

    def _create_tables(self) -> None:
        """Numbers begin at the current time in milliseconds, so that those of a lost log are always lower."""
        first = int(time.time() * 1000)
        for table in TABLES:
            self._database.execute(table)
        self._database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (first,))
        self._database.execute("INSERT INTO horizons VALUES (?, ?)", (ORIGIN, first))
        self._database.execute(f"PRAGMA user_version = {LAYOUT}")

    def _identity(self) -> list[tuple[int, int]]:
        files = [path.stat() for path in (self._path, Path(f"{self._path}-wal"))]
        return [(file.st_dev, file.st_ino) for file in files]

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        try:
            self._database.execute(f"BEGIN {kind}")
            yield
            self._database.execute("COMMIT")
            self._check_file()
        except (sqlite3.Error, OSError) as error:
            with suppress(sqlite3.Error):
                self._database.rollback()
            self.usable = isinstance(error, sqlite3.OperationalError) and self._is_same_file()
            raise UnavailableError(_reason(error, self._path)) from None

    def _check_file(self) -> None:
        """Raise OSError when the open file is no longer the one at the path: what it holds is lost."""
        if not self._is_same_file():
            raise OSError("it was taken away, or another file is in its place")

    def _is_same_file(self) -> bool:
        with suppress(OSError):
            return self._identity() == self._files
        return False


class LogThread:
    """A thread with its own connection to the log: opened at the first call, and anew when it broke."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(1, name)
        self._log: EventLog | None = None

    async def call(self, method: Callable[[EventLog, *Arguments], Result], *arguments: *Arguments) -> Result:
        """Result of a method of EventLog. UnavailableError when a new connection does not help either."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(self._call, method, *arguments))

    def close(self) -> None:
        """Close the connection after the calls that wait."""
        self._executor.submit(self._disconnect)
        self._executor.shutdown()

    def _call(self, method: Callable[[EventLog, *Arguments], Result], *arguments: *Arguments) -> Result:
        if self._log:
            try:
                return method(self._log, *arguments)
            except UnavailableError:
                if self._log.usable:
                    raise
                self._disconnect()  # perhaps another file is in its place
        self._log = EventLog(self._path)
        return method(self._log, *arguments)

    def _disconnect(self) -> None:
        if self._log:
            self._log.close()
            self._log = None


def _reason(error: Exception, path: Path) -> str:
    return f"{path}: {getattr(error, 'strerror', None) or error}"


def _iso(milliseconds: int) -> str:
    instant = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
