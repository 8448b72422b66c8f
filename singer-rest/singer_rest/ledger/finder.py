"""The hot path: what is known of a record, by one prepared SELECT on the thread's own connection."""

from __future__ import annotations

from threading import Lock, local
from typing import TYPE_CHECKING, Any, cast

from singer_rest.ledger.links import FIND, content_of
from singer_rest.ledger.values import Known, Link

if TYPE_CHECKING:
    from singer_rest.ledger.engine import Database


class Finder:
    """Reads past SQLAlchemy and without a cache: some 10 µs on SQLite, never older than any process's last commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = database.sql(FIND)
        self._own = local()
        self._all: list[Any] = []
        self._lock = Lock()

    def __call__(self, scope: int, stream: str, external_id: str, flow: str) -> Known | None:
        """The link, and the content of `flow`. Raises FatalRunError."""
        try:
            execute = self._own.execute
        except AttributeError:
            execute = self._connect()
        try:
            row = execute(
                self._sql, {"scope": scope, "stream": stream, "external_id": external_id, "flow": flow}
            ).fetchone()
        except Exception as error:  # noqa: BLE001 - two drivers, two families of errors
            raise self._database.stopped(error) from None
        return Known(Link(stream, external_id, row[0], row[1]), content_of(row[2:])) if row else None

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            while self._all:
                self._all.pop().close()

    def _connect(self) -> Any:
        try:
            connection = self._database.connect()
        except Exception as error:  # noqa: BLE001 - two drivers, two families of errors
            raise self._database.stopped(error) from None
        if self._database.dialect == "postgresql":
            connection.autocommit = True
        with self._lock:
            self._all.append(connection)
        self._own.execute = connection.execute
        return cast("Any", self._own.execute)
