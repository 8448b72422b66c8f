"""Statements that are compiled once: the way to one through SQLAlchemy takes longer than the statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Dialect
    from sqlalchemy.sql import ClauseElement

Insert = Callable[..., Any]


def _sqlite() -> tuple[Dialect, Insert]:
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415  # only the dialect of the ledger at hand is loaded

    return sqlite.dialect(paramstyle="named"), sqlite.insert


def _postgresql() -> tuple[Dialect, Insert]:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # it takes as long to load as a whole SQLite ledger
    from sqlalchemy.dialects.postgresql.base import PGDialect  # noqa: PLC0415

    return PGDialect(paramstyle="pyformat"), postgresql.insert  # type: ignore[no-untyped-call]


_DIALECTS = {"sqlite": _sqlite, "postgresql": _postgresql}


class Prepared:
    """A statement, compiled at its first use in each dialect.

    `columns` are those that an INSERT fills; `build` gets the dialect's own insert, for ON CONFLICT.
    """

    def __init__(self, columns: str, build: Callable[[Insert], Any]) -> None:
        self._names, self._build = columns.split() or None, build
        self._sql: dict[str, str] = {}

    def __call__(self, connection: Connection, row: Mapping[str, Any]) -> CursorResult[Any]:
        """Execute it with the values of its columns and parameters."""
        name = connection.dialect.name
        if name not in self._sql:
            dialect, insert = _DIALECTS[name]()
            self._sql[name] = str(self._build(insert).compile(dialect=dialect, column_keys=self._names))
        return connection.exec_driver_sql(self._sql[name], dict(row))


def prepared(statement: ClauseElement, columns: str = "") -> Prepared:
    """Prepare a statement that is the same in all dialects."""
    return Prepared(columns, lambda _insert: statement)
