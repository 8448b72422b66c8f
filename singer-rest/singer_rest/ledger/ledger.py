"""The ledger: what was written, what is being written, and what was set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from singer_rest.ledger import conflicts, dead_letters, links
from singer_rest.ledger.bindings import Bindings
from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.conflicts import Conflicts
from singer_rest.ledger.connect import in_memory, open_database
from singer_rest.ledger.dead_letters import DeadLetters
from singer_rest.ledger.directions import check_reverse
from singer_rest.ledger.engine import FAILURES, Committer, Database, Store
from singer_rest.ledger.leases import Leases
from singer_rest.ledger.links import Intents, Links, RecordLog
from singer_rest.ledger.migrations import check_known, migrate, version_of
from singer_rest.ledger.owners import this_process
from singer_rest.ledger.reverse import Reverse
from singer_rest.ledger.runs import Runs
from singer_rest.ledger.scopes import scope_of

KEPT_MS = 30 * 24 * 3600 * 1000


class Ledger:
    """One scope (source and destination) of a ledger, table by table. Thread-safe; several processes may open it.

    Every call may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, database: Database, scope: int, born: datetime, committer: Committer | None, label: str) -> None:
        """Take an open database; without a committer the ledger is read-only."""
        self.born = born
        self._database, self._committer = database, committer
        store = Store(database, scope, committer, str(this_process(label)))
        self.read_only = store.read_only
        self.links = Links(store)
        self.intents = Intents(store)
        self.leases = Leases(store)
        self.lease = self.leases.hold
        self.dead_letters = DeadLetters(store)
        self.conflicts = Conflicts(store)
        self.bindings = Bindings(store)
        self.runs = Runs(store)
        self.record_log = RecordLog(store)
        self.reverse = Reverse(store)

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
            for forget in (links.forget_log, conflicts.forget, dead_letters.forget):
                forget(connection, now_ms() - KEPT_MS)
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

    def close(self) -> None:
        """Commit what was handed in, give back all leases, close."""
        self.leases.close()
        if self._committer:
            self._committer.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
