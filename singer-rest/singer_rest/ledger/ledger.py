"""The ledger: what was written, what is being written, and what was set aside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from singer_rest.ledger import conflicts, dead_letters, record_log
from singer_rest.ledger.bindings import Bindings
from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.conflicts import Conflicts
from singer_rest.ledger.dead_letters import DeadLetters
from singer_rest.ledger.directions import check_reverse
from singer_rest.ledger.engine import FAILURES, in_memory, open_database
from singer_rest.ledger.group_commit import Committer
from singer_rest.ledger.intents import Intents
from singer_rest.ledger.leases import Leases
from singer_rest.ledger.links import Links, held
from singer_rest.ledger.migrations import check_known, migrate, version_of
from singer_rest.ledger.record_log import RecordLog
from singer_rest.ledger.reverse import Reverse
from singer_rest.ledger.runs import Runs
from singer_rest.ledger.store import Store, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_rest.ledger.engine import Database
    from singer_rest.ledger.values import Held

KEPT_MS = 30 * 24 * 3600 * 1000


class Ledger:
    """One scope (source and destination) of a ledger, table by table. Thread-safe; several processes may open it.

    Every call may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, database: Database, scope: int, born: datetime, committer: Committer | None, label: str) -> None:
        """Take an open database; without a committer the ledger is read-only."""
        self.born = born
        self._database, self._committer = database, committer
        store = Store(database, scope, committer)
        self.read_only = store.read_only
        self.links = Links(store)
        self.intents = Intents(store)
        self.leases = Leases(store, label)
        self.dead_letters = DeadLetters(store)
        self.conflicts = Conflicts(store)
        self.bindings = Bindings(store)
        self.runs = Runs(store)
        self.record_log = RecordLog(store)
        self.reverse = Reverse(store)
        self._store = store

    @classmethod
    def open(cls, url: str, *, source: str, destination: str, owner: str = "target", read_only: bool = False) -> Self:
        """Open, make or migrate the ledger. `owner` is a label; the process makes it unique. Raises FatalRunError."""
        database = open_database(url, read_only=read_only)
        try:
            return cls._opened(database, (source, destination), owner)
        except FAILURES as error:
            database.close()
            raise database.stopped(error) from None
        except BaseException:
            database.close()
            raise

    @classmethod
    def in_memory(cls, *, source: str = "source", destination: str = "destination") -> Self:
        """An empty ledger that lasts as long as its connections: for trials and tests."""
        return cls._opened(in_memory(read_only=False), (source, destination), "memory")

    @classmethod
    def _opened(cls, database: Database, scope: tuple[str, str], label: str) -> Self:
        if database.read_only:
            return cls._for_reading(database, scope, label)
        with database.begin() as connection:
            migrate(connection)
            number, born = scope_of(connection, *scope, make=True)
            check_reverse(connection, *scope)
            for table in (record_log, conflicts, dead_letters):
                table.forget(connection, now_ms() - KEPT_MS)
        return cls(database, number, born, Committer(database), label)

    @classmethod
    def _for_reading(cls, database: Database, scope: tuple[str, str], label: str) -> Self:
        with database.reading() as connection:
            version = version_of(connection)
        if version == 0:
            database.close()
            database = in_memory(read_only=True)
            with database.begin() as connection:
                migrate(connection)
        check_known(version)
        with database.reading() as connection:
            number, born = scope_of(connection, *scope, make=False)
            check_reverse(connection, *scope)
        return cls(database, number, born, None, label)

    @contextmanager
    def lease(self, stream: str, external_id: str, *, wait_seconds: float = 120.0) -> Iterator[Held]:
        """Keep others from this link; RecordFault (`leased`) after `wait_seconds`. A read-only ledger only looks."""
        at = self._store.at(stream, external_id)
        with self.leases.hold(stream, external_id, wait_seconds):
            yield self._store.read(lambda c: held(c, at))

    def close(self) -> None:
        """Commit what was handed in, give back all leases, close."""
        self.links.close()
        self.leases.close()
        if self._committer:
            self._committer.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
