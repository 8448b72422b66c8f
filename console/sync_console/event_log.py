"""The log of notices: an SQLite file whose rows are numbered in the order in which they became visible."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sync_console.notices import Notice

LAYOUT = 1
TABLES = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
        received_at INTEGER NOT NULL, delivery BLOB NOT NULL UNIQUE)""",
    "CREATE INDEX events_of_a_source ON events (source, seq)",
    # up to where rows of a source were forgotten; the row '' is where numbers began
    "CREATE TABLE horizons (source TEXT PRIMARY KEY, seq INTEGER NOT NULL)",
)
BIRTH = ""
BUSY_SECONDS = 2
PAGE = 1000
FORGET_AT_ONCE = 5000
WAL_BYTES = 64 * 1024 * 1024


class UnavailableError(Exception):
    """The log can't be read or written now; the text says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the log: `last` is where to go on, `gap` says that something before it was missed."""

    events: list[dict[str, Any]]
    last: int
    gap: bool


class EventLog:
    """One connection to the log. It belongs to the thread that uses it."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open what is there; only when the program starts, a missing file may be made.

        Later it is somewhere else, and what would be stored in a new one would be lost when it comes back.
        """
        self._path = path
        self.usable = True  # after an error: whether this connection may work again
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
        """Let go of the file."""
        self._database.close()

    def append(self, notices: Iterable[Notice]) -> None:
        """Store all or nothing, on the disk; what is already there is left alone."""
        now = int(time.time() * 1000)
        rows = [(notice.source, notice.type, notice.id, now, notice.delivery) for notice in notices]
        with self._transaction("IMMEDIATE"):
            self._database.executemany(
                "INSERT INTO events (source, type, id, received_at, delivery) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (delivery) DO NOTHING",
                rows,
            )

    def page(self, source: str, after: int) -> Page:
        """Read what came for a source after this number."""
        with self._transaction("DEFERRED"):
            (end,) = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
            horizons = dict(self._database.execute("SELECT source, seq FROM horizons").fetchall())
            rows = self._database.execute(
                "SELECT seq, type, id, received_at FROM events WHERE source = ? AND seq > ? ORDER BY seq LIMIT ?",
                (source, after, PAGE),
            ).fetchall()
        events = [{"seq": seq, "type": type_, "id": id_, "receivedAt": _iso(at)} for seq, type_, id_, at in rows]
        missed = after < horizons.get(source, 0) or 0 < after < horizons[BIRTH] or after > end
        return Page(events, rows[-1][0] if len(rows) == PAGE else end, missed)

    def forget(self, before: float) -> bool:
        """Delete some of the rows from before this time; tells whether there may be more."""
        oldest = "SELECT seq, received_at FROM events ORDER BY seq LIMIT ?"
        with self._transaction("IMMEDIATE"):
            gone = self._database.execute(
                f"DELETE FROM events WHERE seq IN (SELECT seq FROM ({oldest}) WHERE received_at < ?) "  # noqa: S608
                "RETURNING source, seq",
                (FORGET_AT_ONCE, int(before * 1000)),
            ).fetchall()
            self._database.executemany(
                "INSERT INTO horizons VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)", gone
            )
        return len(gone) == FORGET_AT_ONCE

    def _set_up(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", f"journal_size_limit = {WAL_BYTES}"):
            self._database.execute(f"PRAGMA {pragma}").fetchall()
        if self._layout() == 0:
            self._database.execute("BEGIN IMMEDIATE")
            if self._layout() == 0:
                self._begin()
            self._database.execute("COMMIT")

    def _layout(self) -> int:
        layout: int = self._database.execute("PRAGMA user_version").fetchone()[0]
        if layout > LAYOUT:
            raise sqlite3.DatabaseError("it was made by a later version of sync-console")
        return layout

    def _begin(self) -> None:
        """Numbers begin at the time of birth, so that those of a lost log are always older."""
        birth = int(time.time() * 1000)
        for table in TABLES:
            self._database.execute(table)
        self._database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (birth,))
        self._database.execute("INSERT INTO horizons VALUES (?, ?)", (BIRTH, birth))
        self._database.execute(f"PRAGMA user_version = {LAYOUT}")

    def _identity(self) -> list[tuple[int, int]]:
        found = [path.stat() for path in (self._path, Path(f"{self._path}-wal"))]
        return [(file.st_dev, file.st_ino) for file in found]

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        try:
            self._database.execute(f"BEGIN {kind}")
            yield
            self._database.execute("COMMIT")
            self._check_place()
        except (sqlite3.Error, OSError) as error:
            self._roll_back()
            self.usable = isinstance(error, sqlite3.OperationalError) and self._is_in_place()
            raise UnavailableError(_reason(error, self._path)) from None

    def _check_place(self) -> None:
        """What is stored in a file that somebody took away is not stored."""
        if not self._is_in_place():
            raise OSError("it was taken away, or another file is in its place")

    def _is_in_place(self) -> bool:
        with suppress(OSError):
            return self._identity() == self._files
        return False

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")


def _reason(error: Exception, path: Path) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{path}: {said}"


def _iso(milliseconds: int) -> str:
    instant = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
