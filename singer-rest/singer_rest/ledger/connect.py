"""Opens the ledger's database at its URL: SQLite, PostgreSQL, or one in memory."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from singer_rest.errors import FatalRunError
from singer_rest.ledger.engine import Database

BUSY_SECONDS = 30.0
# A server that is cut off is noticed within a minute or so.
NOTICED = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def open_database(url: str, *, read_only: bool = False) -> Database:
    """The ledger's database; SQLite's file is made (mode 0600), for reading one in memory. Raises FatalRunError."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, read_only=read_only)
    if parsed.get_backend_name() != "sqlite":
        raise FatalRunError(
            f"ledger_url: {parsed.get_backend_name()} is not supported, use sqlite:///… or postgresql://…"
        )
    if parsed.database in {None, "", ":memory:"}:
        raise FatalRunError(
            "ledger_url: a ledger in memory remembers nothing, name a file: sqlite:///path/to/ledger.db"
        )
    return _sqlite(parsed, read_only=read_only)


def _parsed(url: str) -> URL:
    scheme = url.partition("://")[0] if "://" in url else ""
    try:
        parsed = make_url(url if scheme else f"sqlite:///{url}")
    except (ArgumentError, ValueError):
        raise FatalRunError("ledger_url: not a database URL, use sqlite:///… or postgresql://…") from None
    return parsed.set(drivername="postgresql+psycopg") if scheme in {"postgres", "postgresql"} else parsed


def _sqlite(url: URL, *, read_only: bool) -> Database:
    path = Path(str(url.database)).expanduser()
    timeout = float(str(url.query.get("timeout", BUSY_SECONDS)))
    if read_only and not path.exists():
        return in_memory(read_only=True)
    if not read_only:
        _make_file(path)
    name = f"file:{quote(str(path))}?mode={'ro' if read_only else 'rw'}"
    database = Database(str(path), lambda: _connect_sqlite(name, timeout), dialect="sqlite", read_only=read_only)
    if not read_only:
        _write_ahead(database, timeout)
    return database


def in_memory(*, read_only: bool) -> Database:
    """An empty ledger in memory that lasts as long as its connections; `read_only` for one that is not there yet."""
    name = f"file:ledger-{uuid4().hex}?mode=memory&cache=shared"
    return Database("(none yet)", lambda: _connect_memory(name), dialect="sqlite", read_only=read_only)


def _connect_memory(name: str) -> sqlite3.Connection:
    connection = _connect_sqlite(name, 1.0)
    connection.execute("PRAGMA read_uncommitted = 1")  # connections of one memory lock each other's tables
    return connection


def _connect_sqlite(name: str, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        name, uri=True, timeout=timeout, check_same_thread=False, isolation_level=None, cached_statements=256
    )


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise FatalRunError(f"ledger {path}: can't be written, {reason} (setting `ledger_url`)") from None


def _write_ahead(database: Database, timeout: float) -> None:
    """SQLite gives up at once when two switch a new file to WAL, so the one who loses looks again."""
    until = time.monotonic() + timeout
    connection = database.connect()
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise database.stopped(error) from None
                time.sleep(0.05)
            else:
                return
    finally:
        connection.close()


def _postgresql(url: URL, *, read_only: bool) -> Database:
    where = f"postgresql://{url.host or 'localhost'}/{url.database or ''}"
    try:
        dialect = url.get_dialect()()
        psycopg = url.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError):
        raise FatalRunError("ledger_url: PostgreSQL needs `pip install 'singer-rest[postgresql]'`") from None
    arguments, settings = dialect.create_connect_args(url)
    # the last one counts, so a user's own limit wins, and nobody's wish makes a dry run write
    options = [f"-c lock_timeout={int(BUSY_SECONDS * 1000)}", settings.get("options", "")]
    options += ["-c default_transaction_read_only=on"] if read_only else []
    settings = {**NOTICED, **settings, "options": " ".join(filter(None, options))}
    return Database(where, lambda: psycopg.connect(*arguments, **settings), dialect="postgresql", read_only=read_only)
