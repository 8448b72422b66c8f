"""Where the ledger lives: SQLite or PostgreSQL, and what to say when it can't be used."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from singer_rest.errors import FatalRunError, single_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement

BUSY_SECONDS = 30.0
# Writers take turns on PostgreSQL as they do on SQLite: no deadlocks between two group commits.
WRITERS_TURN = 0x51E_D6E5
# A server that is cut off is noticed within a minute or so.
NOTICED = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

PROBLEMS = (
    ("disk is full", "the disk is full"),
    ("disk full", "the disk is full"),
    ("no space left", "the disk is full"),
    ("disk i/o error", "the disk gives errors or is full"),
    ("readonly database", "it is read-only"),
    ("read-only transaction", "it is read-only"),
    ("database is locked", "another program keeps it locked"),
    ("lock timeout", "another program keeps it locked"),
    ("unable to open database", "it can't be opened: is the directory there and writable?"),
    ("not a database", "the file is something else than a ledger"),
    ("malformed", "the file is damaged"),
    ("password authentication failed", "the server refuses user or password"),
    ("failed to resolve host", "the host is not known"),
    ("connection refused", "the server is not running there"),
    ("permission denied", "the user may not write there"),
    ("does not exist", "there is no such database or user"),
)


FAILURES = (DBAPIError, sqlite3.Error)


class Database:
    """Connections to one ledger. A writer begins with the lock in hand, so two never wait for each other crosswise."""

    def __init__(self, where: str, connect: Callable[[], Any], *, dialect: str, read_only: bool) -> None:
        self.where = where
        self.dialect = dialect
        self.read_only = read_only
        self.connect = connect
        self._file = _identity(where) if dialect == "sqlite" else None
        self.reader = _engine(dialect, connect, isolation_level="AUTOCOMMIT")
        self.writer = _engine(dialect, connect)
        if dialect == "sqlite":
            event.listen(self.writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction for writing; one that is not durable may be lost in a power cut, but is never half done."""
        with self.writer.connect() as connection:
            if self.dialect == "sqlite":
                self._check_file()
                driver: Any = connection.connection.driver_connection
                driver.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            with connection.begin():
                if self.dialect == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})")
                    connection.exec_driver_sql(f"SET LOCAL synchronous_commit = {'on' if durable else 'off'}")
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading what is committed. Raises FatalRunError."""
        try:
            with self.reader.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self.stopped(error) from None

    def _check_file(self) -> None:
        """SQLite goes on writing into a file that was removed, and nobody would ever read it."""
        if self._file is not None and _identity(self.where) != self._file:
            raise FatalRunError(f"ledger {self.where}: the file was removed while it was in use (setting `ledger_url`)")

    def sql(self, statement: ClauseElement) -> str:
        """The statement as the driver takes it, with named parameters."""
        return str(statement.compile(dialect=self.reader.dialect))

    def stopped(self, error: Exception) -> FatalRunError:
        """The error as one line that names the ledger and the setting."""
        return FatalRunError(f"ledger {self.where}: {_words(error)} (setting `ledger_url`)")

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.reader.dispose()
        self.writer.dispose()


def _engine(dialect: str, connect: Callable[[], Any], isolation_level: Any = None) -> Engine:
    style = "named" if dialect == "sqlite" else "pyformat"
    driver = "sqlite+pysqlite://" if dialect == "sqlite" else "postgresql+psycopg://"
    extra = {"isolation_level": isolation_level} if isolation_level and dialect == "postgresql" else {}
    return create_engine(
        driver, creator=connect, poolclass=QueuePool, max_overflow=-1, paramstyle=style, hide_parameters=True, **extra
    )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # with every commit
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _words(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    text = str(primary or original)
    lower = text.lower()
    return next((words for sign, words in PROBLEMS if sign in lower), single_line(text.partition("\n")[0], 150))


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
