"""One scope of an open ledger: what its tables read with, and write by group commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.content import key_text
from singer_rest.ledger.schema import scopes
from singer_rest.ledger.statements import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from sqlalchemy import Connection

    from singer_rest.ledger.engine import Database
    from singer_rest.ledger.group_commit import Committer

_T = TypeVar("_T")


class Store:
    """The rows of one scope; `run` is the run that its log rows belong to. Without a committer it is read-only.

    Every method may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, database: Database, scope: int, committer: Committer | None) -> None:
        self.database = database
        self.scope = scope
        self.run: int | None = None
        self._committer = committer

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self._committer is None

    def read(self, work: Callable[[Connection], _T]) -> _T:
        """Read what is committed."""
        with self.database.reading() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], _T]) -> _T:
        """Write in the next transaction; returns when that is committed."""
        return self.submit(work).result()

    def submit(self, work: Callable[[Connection], _T], *, durable: bool = True) -> Future[_T]:
        """Write in the next transaction without waiting for it; see Committer."""
        if self._committer is None:
            msg = "the ledger was opened read-only"
            raise RuntimeError(msg)
        return self._committer.submit(work, durable=durable)

    def at(self, stream: str, external_id: str) -> dict[str, Any]:
        """The columns that name a record."""
        return {"scope": self.scope, "stream": key_text(stream), "external_id": key_text(external_id)}


_ADD = Prepared("source destination born", lambda insert: insert(scopes).on_conflict_do_nothing())


def scope_of(connection: Connection, source: str, destination: str, *, make: bool) -> tuple[int, datetime]:
    """The number and birth of a scope; an unknown one is made, or is (0, now) when it may not be."""
    if make:
        _ADD(connection, {"source": source, "destination": destination, "born": now_ms()})
    row = connection.execute(
        scopes.select().where(scopes.c.source == source, scopes.c.destination == destination)
    ).one_or_none()
    return (row.id, instant(row.born)) if row else (0, instant(now_ms()))
