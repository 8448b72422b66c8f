"""Opening a ledger: the database, its migrations, the scope, and the threads that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from singer_rest.ledger import conflicts, dead_letters, runs
from singer_rest.ledger.clock import now_ms, scope_of
from singer_rest.ledger.directions import check_faced
from singer_rest.ledger.engine import FAILURES, empty, open_database
from singer_rest.ledger.group_commit import Committer
from singer_rest.ledger.leases import Leases
from singer_rest.ledger.migrations import check_known, migrate, version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from sqlalchemy import Connection

    from singer_rest.ledger.engine import Database

KEPT_MS = 30 * 24 * 3600 * 1000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Opened:
    """The parts of an open ledger; committer and leases are None when it is read-only."""

    database: Database
    scope: int
    born: datetime
    committer: Committer | None
    leases: Leases | None

    def submit(self, work: Callable[[Connection], _T]) -> Future[_T]:
        """Have it written."""
        if self.committer is None:
            msg = "the ledger was opened read-only"
            raise RuntimeError(msg)
        return self.committer.submit(work)

    def close(self) -> None:
        """Commit what was handed in, give back the leases, close."""
        if self.leases:
            self.leases.close()
        if self.committer:
            self.committer.close()
        self.database.close()


def opened(url: str, scope: tuple[str, str], label: str, *, read_only: bool) -> Opened:
    """Open the ledger for one (source, destination). Raises FatalRunError."""
    database = open_database(url, read_only=read_only)
    try:
        return _for_reading(database, scope) if read_only else _for_writing(database, scope, label)
    except FAILURES as error:
        database.close()
        raise database.stopped(error) from None
    except BaseException:
        database.close()
        raise


def _for_writing(database: Database, scope: tuple[str, str], label: str) -> Opened:
    with database.begin() as connection:
        migrate(connection)
        number, born = scope_of(connection, *scope, make=True)
        check_faced(connection, *scope)
        runs.forget_log(connection, now_ms() - KEPT_MS)
        conflicts.forget(connection, now_ms() - KEPT_MS)
        dead_letters.forget(connection, now_ms() - KEPT_MS)
    committer = Committer(database)
    return Opened(database, number, born, committer, Leases(committer, number, label))


def _for_reading(database: Database, scope: tuple[str, str]) -> Opened:
    with database.reading() as connection:
        version = version_of(connection)
    if version == 0:
        database.close()
        return _empty(scope)
    check_known(version)
    with database.reading() as connection:
        number, born = scope_of(connection, *scope, make=False)
        check_faced(connection, *scope)
    return Opened(database, number, born, None, None)


def _empty(scope: tuple[str, str]) -> Opened:
    database = empty()
    with database.begin() as connection:
        migrate(connection)
        number, born = scope_of(connection, *scope, make=True)
    return Opened(database, number, born, None, None)
