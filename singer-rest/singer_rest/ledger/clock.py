"""Where and when a row belongs: its scope, the run, the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_rest.ledger import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Dialect
    from sqlalchemy.sql import ClauseElement

Insert = Callable[..., Any]


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def instant(milliseconds: int) -> datetime:
    """A stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def optional_instant(milliseconds: int | None) -> datetime | None:
    """A stored time that may be absent."""
    return None if milliseconds is None else instant(milliseconds)


def milliseconds(text: str | None) -> int | None:
    """An ISO instant (UTC unless it says otherwise) as a stored time; None for what is no instant."""
    try:
        read = datetime.fromisoformat(text or "")
    except (TypeError, ValueError):
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def _sqlite() -> tuple[Dialect, Insert]:
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415  # only the dialect of the ledger at hand is loaded

    return sqlite.dialect(paramstyle="named"), sqlite.insert


def _postgresql() -> tuple[Dialect, Insert]:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # it takes as long to load as a whole SQLite ledger
    from sqlalchemy.dialects.postgresql.base import PGDialect  # noqa: PLC0415

    return PGDialect(paramstyle="pyformat"), postgresql.insert  # type: ignore[no-untyped-call]


_DIALECTS = {"sqlite": _sqlite, "postgresql": _postgresql}


class Prepared:
    """A statement that is compiled once: the way to one through SQLAlchemy takes longer than the statement.

    `columns` are those that an INSERT fills; `build` gets the dialect's own insert, for ON CONFLICT.
    """

    def __init__(self, columns: str, build: Callable[[Insert], Any]) -> None:
        self._names, self._build = columns.split() or None, build
        self._sql: dict[str, str] = {}

    def __call__(self, connection: Connection, row: Mapping[str, Any]) -> CursorResult[Any]:
        """Do it with the values of its columns and parameters."""
        name = connection.dialect.name
        if name not in self._sql:
            dialect, insert = _DIALECTS[name]()
            self._sql[name] = str(self._build(insert).compile(dialect=dialect, column_keys=self._names))
        return connection.exec_driver_sql(self._sql[name], dict(row))


def prepared(statement: ClauseElement, columns: str = "") -> Prepared:
    """Prepare a statement that is the same in all dialects."""
    return Prepared(columns, lambda _insert: statement)


_FIND = tables.scopes.select().where
_ADD = Prepared("source destination born", lambda insert: insert(tables.scopes).on_conflict_do_nothing())


def scope_of(connection: Connection, source: str, destination: str, *, make: bool) -> tuple[int, datetime]:
    """The scope's number and birth; one that isn't there is made, or is (0, now) when it may not be."""
    pair = {"source": source, "destination": destination}
    if make:
        _ADD(connection, pair | {"born": now_ms()})
    found = connection.execute(
        _FIND(tables.scopes.c.source == source, tables.scopes.c.destination == destination)
    ).one_or_none()
    return (found.id, instant(found.born)) if found else (0, instant(now_ms()))
