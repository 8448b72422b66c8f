"""Leases: who writes a link right now, among threads, processes and machines."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Condition, Event, Thread, get_ident
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, or_, select, update

from singer_rest.errors import FatalRunError, RecordFault
from singer_rest.ledger.owners import is_gone, this_process
from singer_rest.ledger.schema import leases
from singer_rest.ledger.statements import Prepared, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from singer_rest.ledger.store import Store

LEASE_MS = 60_000
RENEW_SECONDS = 15.0
FIRST_LOOK = 0.02
LONGEST_LOOK = 0.5

# The database's clock counts, so that machines need not agree on the time.
_CLOCK = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}
_KEY = (
    leases.c.scope == bindparam("scope"),
    leases.c.stream == bindparam("stream"),
    leases.c.external_id == bindparam("external_id"),
)
_HOLDER = select(leases.c.owner).where(*_KEY)
_GIVE_BACK = prepared(delete(leases).where(*_KEY, leases.c.owner == bindparam("me")))


def _take(insert: Any) -> Any:
    add = insert(leases)
    free = or_(
        leases.c.until < bindparam("now"), leases.c.owner == add.excluded.owner, leases.c.owner == bindparam("gone")
    )
    return add.on_conflict_do_update(
        index_elements=["scope", "stream", "external_id"],
        set_={"owner": add.excluded.owner, "until": add.excluded.until},
        where=free,
    ).returning(leases.c.owner)


_TAKE = Prepared("scope stream external_id owner until", _take)


class Leases:
    """The leases of one process in one scope."""

    def __init__(self, store: Store, label: str) -> None:
        self.owner = str(this_process(label))
        self._store = store
        self._held: dict[tuple[str, str], tuple[int, int]] = {}
        self._changed = Condition()
        self._ended = Event()
        self._renewer: Thread | None = None

    @contextmanager
    def hold(self, stream: str, external_id: str, wait_seconds: float) -> Iterator[None]:
        """Hold a lease; the same thread may hold it twice. Raises RecordFault after `wait_seconds`.

        In a read-only ledger nobody is kept out.
        """
        if self._store.read_only:
            yield
            return
        at = self._store.at(stream, external_id)
        key = (at["stream"], at["external_id"])
        until = time.monotonic() + wait_seconds
        if self._enter(key, until):
            try:
                self._wait(key, until)
            except BaseException:
                self._leave(key)
                raise
        try:
            yield
        finally:
            if self._held[key][1] == 1:
                self._store.submit(lambda connection: self._give_back(connection, key), durable=False)
            self._leave(key)

    def close(self) -> None:
        """Give back all that is held."""
        self._ended.set()
        if not self._store.read_only:
            self._store.submit(lambda c: c.execute(delete(leases).where(leases.c.owner == self.owner)), durable=False)

    def _enter(self, key: tuple[str, str], until: float) -> bool:
        """Be the only thread with this key; True when it was not ours before."""
        me = get_ident()
        with self._changed:
            self._renew_in_background()
            if not self._changed.wait_for(lambda: self._is_mine_or_free(key, me), until - time.monotonic()):
                raise _taken(key)
            count = self._held.get(key, (me, 0))[1]
            self._held[key] = (me, count + 1)
            return count == 0

    def _is_mine_or_free(self, key: tuple[str, str], me: int) -> bool:
        return self._held.get(key, (me, 0))[0] == me

    def _leave(self, key: tuple[str, str]) -> None:
        with self._changed:
            thread, count = self._held.pop(key)
            if count > 1:
                self._held[key] = (thread, count - 1)
            self._changed.notify_all()

    def _wait(self, key: tuple[str, str], until: float) -> None:
        look = FIRST_LOOK
        while not self._store.submit(lambda connection: self._try(connection, key), durable=False).result():
            if time.monotonic() + look > until:
                raise _taken(key)
            time.sleep(look)
            look = min(look * 2, LONGEST_LOOK)

    def _try(self, connection: Connection, key: tuple[str, str]) -> bool:
        at = self._at(key)
        if self._take(connection, at, gone=None):
            return True
        holder = connection.execute(_HOLDER, at).scalar_one()
        return is_gone(holder) and self._take(connection, at, gone=holder)

    def _take(self, connection: Connection, at: Mapping[str, Any], *, gone: str | None) -> bool:
        now = _now(connection)
        row = {**at, "owner": self.owner, "until": now + LEASE_MS, "now": now, "gone": gone}
        return _TAKE(connection, row).scalar() is not None

    def _give_back(self, connection: Connection, key: tuple[str, str]) -> None:
        _GIVE_BACK(connection, self._at(key) | {"me": self.owner})

    def _at(self, key: tuple[str, str]) -> dict[str, Any]:
        return {"scope": self._store.scope, "stream": key[0], "external_id": key[1]}

    def _renew_in_background(self) -> None:
        if self._renewer is None:
            self._renewer = Thread(target=self._renew, name="leases", daemon=True)
            self._renewer.start()

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            if self._held:
                try:
                    self._store.submit(self._prolong, durable=False).result()
                except FatalRunError:
                    return

    def _prolong(self, connection: Connection) -> None:
        later = update(leases).where(leases.c.owner == self.owner).values(until=_now(connection) + LEASE_MS)
        connection.execute(later)


def live_keys(connection: Connection, scope: int, stream: str | None = None) -> set[tuple[str, str]]:
    """What is under a live lease of anybody, of one stream or of all."""
    held = select(leases).where(leases.c.scope == scope, leases.c.until >= _now(connection))
    rows = connection.execute(held if stream is None else held.where(leases.c.stream == stream)).all()
    gone = {owner: is_gone(owner) for owner in {row.owner for row in rows}}
    return {(row.stream, row.external_id) for row in rows if not gone[row.owner]}


def _now(connection: Connection) -> int:
    return int(connection.exec_driver_sql(_CLOCK[connection.dialect.name]).scalar_one())


def _taken(key: tuple[str, str]) -> RecordFault:
    return RecordFault(f"another run is writing {key[0]} {key[1]}", "leased")
