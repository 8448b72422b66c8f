"""The ledger: what was written, what is being written, and what was set aside."""

from __future__ import annotations

from functools import partial
from typing import Self

from singer_rest.ledger import conflicts, dead_letters, links
from singer_rest.ledger.bindings import Bindings
from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.conflicts import Conflicts
from singer_rest.ledger.connect import in_memory, open_database
from singer_rest.ledger.dead_letters import DeadLetters
from singer_rest.ledger.directions import check_reverse
from singer_rest.ledger.engine import FAILURES, Committer, Database, Store
from singer_rest.ledger.leases import Leases
from singer_rest.ledger.links import Intents, Links, RecordLog
from singer_rest.ledger.migrations import check_known, migrate, version_of
from singer_rest.ledger.neighbours import Neighbours
from singer_rest.ledger.owners import this_process
from singer_rest.ledger.reverse import Reverse
from singer_rest.ledger.runs import Runs
from singer_rest.ledger.scopes import Scope, claim, rename, scope_of

KEPT_MS = 30 * 24 * 3600 * 1000
SETTINGS = "The settings `api_url` of a tap and of the target of the same system must be the same"


class Ledger:
    """One scope (source and destination) of a ledger, table by table. Thread-safe; several processes may open it.

    Every call may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, database: Database, scope: Scope, committer: Committer | None, label: str) -> None:
        """Take an open database; without a committer the ledger is read-only."""
        self.scope, self.born = scope, instant(scope.born)
        self._database, self._committer = database, committer
        store = Store(database, scope.number, committer, str(this_process(label)))
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
        self.neighbours = Neighbours(store)

    @classmethod
    def open(  # noqa: PLR0913 - what a scope is found by, by name
        cls,
        url: str,
        *,
        source: str | None,
        destination: str,
        owner: str = "target",
        read_only: bool = False,
        settings: str = SETTINGS,
    ) -> Self:
        """Open, make or migrate the ledger. Raises FatalRunError.

        `source` None: the only one that the ledger has of the destination. `owner` is a label; the process makes it
        unique. `settings` says to a person which of them name the two ends.
        """
        database = open_database(url, read_only=read_only)
        try:
            return cls._opened(database, source, destination, owner, settings)
        except FAILURES as error:
            database.close()
            raise database.stopped(error) from None
        except BaseException:
            database.close()
            raise

    @classmethod
    def in_memory(cls, *, source: str = "source", destination: str = "destination") -> Self:
        """An empty ledger that lasts as long as its connections: for trials and tests."""
        return cls._opened(in_memory(read_only=False), source, destination, "memory", SETTINGS)

    @classmethod
    def _opened(cls, database: Database, source: str | None, destination: str, label: str, settings: str) -> Self:
        if database.read_only:
            return cls._for_reading(database, source, destination, label, settings)
        with database.begin() as connection:
            migrate(connection)
            scope = scope_of(connection, source, destination, make=True)
            check_reverse(connection, scope, settings)
            for forget in (links.forget_log, conflicts.forget, dead_letters.forget):
                forget(connection, now_ms() - KEPT_MS)
        return cls(database, scope, Committer(database), label)

    @classmethod
    def _for_reading(cls, database: Database, source: str | None, destination: str, label: str, settings: str) -> Self:
        with database.reading() as connection:
            version = version_of(connection)
        if version == 0:
            database.close()
            database = in_memory(read_only=True)
            with database.begin() as connection:
                migrate(connection)
        check_known(version)
        with database.reading() as connection:
            scope = scope_of(connection, source, destination, make=False)
            check_reverse(connection, scope, settings)
        return cls(database, scope, None, label)

    def claim(self) -> None:
        """Call a scope of an earlier version by its origin from now on: these are its records."""
        if self.scope.is_unclaimed and self._committer:
            self._committer.submit(partial(claim, scope=self.scope)).result()
            self.scope = self.scope._replace(known_as=self.scope.source)

    @staticmethod
    def rename(url: str, old: str, new: str) -> int:
        """Give an account its new origin in the whole ledger; gives how many scopes have it. Raises FatalRunError."""
        database = open_database(url)
        try:
            with database.begin() as connection:
                migrate(connection)
                return rename(connection, old, new)
        except FAILURES as error:
            raise database.stopped(error) from None
        finally:
            database.close()

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
