"""How the ledger's tables read and write: prepared statements, and group commit of what all lanes write in a moment.

It is all that stands between a table and the disk, so that a record's write costs few steps.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Event, Lock, Thread, local
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Row, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql import ClauseElement

from singer_rest.errors import FatalRunError, single_line
from singer_rest.ledger.content import LONGEST_KEY, key_text

# Writers take turns on PostgreSQL as they do on SQLite: no deadlocks between two group commits.
WRITERS_TURN = 0x51E_D6E5
LARGEST_GROUP = 500
KNOWN_RECORDS = 1024

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
# SQL for the database's own clock, in milliseconds
CLOCKS = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}

_T = TypeVar("_T")
_stream_text = lru_cache(key_text)


class Own(NamedTuple):
    """What each dialect has of its own: INSERT with ON CONFLICT, and SQL for the database's clock in ms."""

    insert: Callable[..., Any]
    clock: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """A statement that is compiled once: to build it anew takes longer than to execute it.

    `build` gets what the dialect has of its own; `columns` are those that an INSERT fills, separated by spaces.
    """

    build: Callable[[Own], Any]
    columns: str = ""


def prepared(statement: ClauseElement, columns: str = "") -> Prepared:
    """Prepare a statement that is the same in all dialects."""
    return Prepared(lambda _own: statement, columns)


class _Compiled(dict[Prepared, str]):
    """The SQL of each prepared statement in one dialect, compiled at its first use."""

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self._dialect, self._own = _sqlite() if dialect == "sqlite" else _postgresql()

    def __missing__(self, statement: Prepared) -> str:
        built = statement.build(self._own)
        columns = statement.columns.split() or None
        self[statement] = sql = str(built.compile(dialect=self._dialect, column_keys=columns))
        return sql


def _sqlite() -> tuple[Dialect, Own]:
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415  # only the dialect of the ledger at hand is loaded

    return sqlite.dialect(paramstyle="named"), Own(sqlite.insert, CLOCKS["sqlite"])


def _postgresql() -> tuple[Dialect, Own]:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # it takes as long to load as a whole SQLite ledger
    from sqlalchemy.dialects.postgresql.base import PGDialect  # noqa: PLC0415

    dialect = PGDialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    return dialect, Own(postgresql.insert, CLOCKS["postgresql"])


class Database:
    """Connections to one ledger. A writer begins with the lock in hand, so two never wait for each other crosswise."""

    def __init__(self, where: str, connect: Callable[[], Any], *, dialect: str, read_only: bool) -> None:
        self.where = where
        self.dialect = dialect
        self.read_only = read_only
        self.connect = connect
        self.sql = _Compiled(dialect)
        self._file = _identity(where) if dialect == "sqlite" else None
        self._of_thread = local()
        self._of_threads: list[Any] = []
        self._lock = Lock()
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

    def row(self, statement: Prepared, parameters: dict[str, Any]) -> Any:
        """The first row of a SELECT, None without one, read past SQLAlchemy on the thread's own connection.

        Some 10 µs on SQLite, and never older than any process's last commit. Raises FatalRunError.
        """
        try:
            execute = self._of_thread.__dict__.get("execute") or self._connect_thread()
            return execute(self.sql[statement], parameters).fetchone()
        except Exception as error:  # noqa: BLE001 - two drivers, two families of errors
            raise self.stopped(error) from None

    def stopped(self, error: Exception) -> FatalRunError:
        """The error as one line that names the ledger and the setting."""
        return FatalRunError(f"ledger {self.where}: {_words(error)} (setting `ledger_url`)")

    def close(self) -> None:
        """Close all connections that are not in use."""
        with self._lock:
            while self._of_threads:
                self._of_threads.pop().close()
        self.reader.dispose()
        self.writer.dispose()

    def _connect_thread(self) -> Any:
        connection = self.connect()
        if self.dialect == "postgresql":
            connection.autocommit = True
        with self._lock:
            self._of_threads.append(connection)
        self._of_thread.execute = connection.execute
        return connection.execute

    def _check_file(self) -> None:
        """SQLite goes on writing into a file that was removed, and nobody would ever read it."""
        if self._file is not None and _identity(self.where) != self._file:
            raise FatalRunError(f"ledger {self.where}: the file was removed while it was in use (setting `ledger_url`)")


def _engine(dialect: str, connect: Callable[[], Any], isolation_level: Any = None) -> Engine:
    style = "named" if dialect == "sqlite" else "pyformat"
    driver = "sqlite+pysqlite://" if dialect == "sqlite" else "postgresql+psycopg://"
    extra = {"isolation_level": isolation_level} if isolation_level and dialect == "postgresql" else {}
    return create_engine(
        driver, creator=connect, poolclass=QueuePool, max_overflow=-1, paramstyle=style, hide_parameters=True, **extra
    )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  # with every commit
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _words(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    text = str(primary or original)
    lower = text.lower()
    return next((words for sign, words in PROBLEMS if sign in lower), single_line(text.partition("\n")[0], 150))


@dataclass(frozen=True, slots=True)
class _Write:
    work: Callable[[Connection], Any]
    durable: bool
    done: Future[Any]


class Committer:
    """One thread that commits for all: what is handed in while it commits becomes the next transaction.

    When the ledger fails, everything after fails too: nothing may be written that isn't recorded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: deque[_Write] = deque()
        self._wake = Event()
        self._closing = False
        self._failure: FatalRunError | None = None
        self._thread = Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], _T], *, durable: bool = True) -> Future[_T]:
        """Have it done within the next transaction; the future is done when that is committed."""
        done: Future[_T] = Future()
        self._queue.append(_Write(work, durable, done))
        self._wake.set()
        return done

    def close(self) -> None:
        """Commit what was handed in and end."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        queue = self._queue
        while not self._closing or queue:
            self._wake.wait()
            self._wake.clear()
            while queue:
                self._commit([queue.popleft() for _ in range(min(len(queue), LARGEST_GROUP))])

    def _commit(self, group: Sequence[_Write]) -> None:
        if self._failure:
            return _fail(group, self._failure)
        try:
            with self._database.begin(durable=any(write.durable for write in group)) as connection:
                results = [write.work(connection) for write in group]
        except FAILURES as error:
            if isinstance(error, DataError | IntegrityError | ProgrammingError):
                return self._find_guilty(group, error)
            self._failure = self._database.stopped(error)
            return _fail(group, self._failure)
        except Exception as error:  # noqa: BLE001 - it goes to the lane that handed the work in
            return self._find_guilty(group, error)
        for write, result in zip(group, results, strict=True):
            write.done.set_result(result)
        return None

    def _find_guilty(self, group: Sequence[_Write], error: Exception) -> None:
        """One write broke the group's transaction: each gets its own, so only that one fails."""
        if len(group) == 1:
            return _fail(group, error)
        for write in group:
            self._commit([write])
        return None


def _fail(group: Sequence[_Write], error: Exception) -> None:
    for write in group:
        write.done.set_exception(error)


class Store:
    """One scope (source and destination) of an open ledger: what its tables read and write with.

    `run` is the run that log rows belong to, `owner` names this process. Without a committer it is read-only. Every
    method may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, database: Database, scope: int, committer: Committer | None, owner: str) -> None:
        self.database = database
        self.at = lru_cache(KNOWN_RECORDS)(self._columns)
        self.sql = database.sql
        self.row = database.row
        self.scope = scope
        self.owner = owner
        self.run: int | None = None
        self.read_only = committer is None
        self.submit = committer.submit if committer else _refuse_to_write

    def _columns(self, stream: str, external_id: str) -> dict[str, Any]:
        """The columns that name a record; nobody may change them."""
        fits = len(external_id) <= LONGEST_KEY and external_id.isprintable()
        return {
            "scope": self.scope,
            "stream": _stream_text(stream),
            "external_id": external_id if fits else key_text(external_id),
        }

    def read(self, work: Callable[[Connection], _T]) -> _T:
        """Read what is committed."""
        with self.database.reading() as connection:
            return work(connection)

    def select(self, statement: Any) -> Sequence[Row[Any]]:
        """All rows of a SELECT."""
        return self.read(lambda connection: connection.execute(statement).all())

    def write(self, work: Callable[[Connection], _T]) -> _T:
        """Write in the next transaction; returns when that is committed."""
        return self.submit(work).result()


def _refuse_to_write(_work: Callable[[Connection], _T], *, durable: bool = True) -> Future[_T]:
    msg = f"the ledger was opened read-only, durable={durable}"
    raise RuntimeError(msg)
