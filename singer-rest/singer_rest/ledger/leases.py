"""Leases: who writes a record right now, among threads, processes and machines, and what the ledger holds of it.

No clock alone takes a lease away. Its owner keeps it while it lives, as far as this machine can tell; of another
machine's owner it is taken when nobody renewed it for a minute of the waiter's own, or when it ended hours ago.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Condition, Event, Thread, get_ident
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, cast, delete, literal_column, or_, select, update

from singer_rest.errors import FatalRunError, RecordFault
from singer_rest.ledger.clock import MARGIN_MS, instant
from singer_rest.ledger.content import decode_values
from singer_rest.ledger.engine import CLOCKS, Own, Prepared, Store, prepared
from singer_rest.ledger.owners import lives
from singer_rest.ledger.schema import contents, intents, leases, links
from singer_rest.ledger.values import Content, Intent, Link

LEASE_MS = 60_000
RENEW_SECONDS = 15.0
FIRST_LOOK = 0.02
LONGEST_LOOK = 0.5

_NAMES = ("scope", "stream", "external_id")
_KEY = tuple(leases.c[name] == bindparam(name) for name in _NAMES)
_HOLDER = Prepared(
    lambda own: select(
        leases.c.owner, leases.c.until, leases.c.until < literal_column(f"{own.clock} - {MARGIN_MS}")
    ).where(*_KEY)
)
GIVE_BACK = prepared(delete(leases).where(*_KEY, leases.c.owner == bindparam("owner")))


def _take(own: Own) -> Any:
    """The database's clock counts, so that machines need not agree on the time."""
    add = own.insert(leases).values(until=literal_column(f"{own.clock} + {LEASE_MS}"))
    free = or_(leases.c.owner == add.excluded.owner, leases.c.owner == bindparam("gone"))
    return add.on_conflict_do_update(
        index_elements=_NAMES, set_={"owner": add.excluded.owner, "until": add.excluded.until}, where=free
    ).returning(leases.c.owner)


_TAKE = Prepared(_take, "scope stream external_id owner")
_PROLONG = Prepared(
    lambda own: (
        update(leases)
        .where(leases.c.owner == bindparam("me"))
        .values(until=literal_column(f"{own.clock} + {LEASE_MS}"))
    )
)
_RECORD = select(
    cast(bindparam("scope"), BigInteger).label("scope"),
    cast(bindparam("stream"), Text).label("stream"),
    cast(bindparam("external_id"), Text).label("external_id"),
).subquery()
_OF_RECORD = {table: [table.c[name] == _RECORD.c[name] for name in _NAMES] for table in (links, intents)}
_HELD = prepared(
    select(
        contents.c.hash,
        contents.c.content,
        contents.c.updated_at,
        contents.c.version,
        contents.c.flow,
        links.c.vendor_key,
        links.c.state,
        intents.c.hint,
        intents.c.created_at,
    ).select_from(
        _RECORD.outerjoin(links, _OF_RECORD[links][0] & _OF_RECORD[links][1] & _OF_RECORD[links][2])
        .outerjoin(contents, contents.c.link == links.c.id)
        .outerjoin(intents, _OF_RECORD[intents][0] & _OF_RECORD[intents][1] & _OF_RECORD[intents][2])
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """A record under our lease, as it was when the lease began: its link, what each flow last wrote, an open intent.

    `lease` is None where an outer one is held anyhow, and in a read-only ledger.
    """

    link: Link | None
    contents: dict[str, Content] = field(default_factory=dict)
    intent: Intent | None = None
    lease: Lease | None = field(default=None, compare=False)


class Watch:
    """How long something has not changed while somebody looked, by a clock that does not jump."""

    _seen: object = None
    _since = 0.0

    def unchanged(self, now: object) -> float:
        """Seconds since it became what it is now."""
        if now != self._seen:
            self._seen, self._since = now, time.monotonic()
        return time.monotonic() - self._since


class Lease:
    """Keeps others from a record while the `with` lasts. `is_given_back`: the last write of the record did that."""

    __slots__ = ("_key", "_leases", "_wait_seconds", "at", "is_given_back")

    def __init__(self, leases_: Leases, at: dict[str, Any], wait_seconds: float) -> None:
        self.at = at
        self.is_given_back = False
        self._key = (at["stream"], at["external_id"])
        self._leases = leases_
        self._wait_seconds = wait_seconds

    def __enter__(self) -> Held:
        return self._leases.take(self, self._key, time.monotonic() + self._wait_seconds)

    def __exit__(self, *_: object) -> None:
        self._leases.give_back(self, self._key)


class Leases:
    """The leases of one process in one scope."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[tuple[str, str], tuple[int, int]] = {}
        self._changed = Condition()
        self._ended = Event()
        self._renewer: Thread | None = None

    def hold(self, stream: str, external_id: str, *, wait_seconds: float = 120.0) -> Lease:
        """Keep others from a record; the same thread may hold it twice. RecordFault (`leased`) after `wait_seconds`.

        In a read-only ledger nobody is kept out.
        """
        return Lease(self, self._store.at(stream, external_id), wait_seconds)

    def take(self, lease: Lease, key: tuple[str, str], until: float) -> Held:
        """Hold a lease, and read what is held in the same transaction."""
        store = self._store
        if store.read_only:
            return read_held(store, lease.at)
        thread = get_ident()
        with self._changed:
            while (holder := self._held.get(key)) is not None and holder[0] != thread:
                if not self._changed.wait(until - time.monotonic()):
                    raise _taken(key)
            self._held[key] = (thread, holder[1] + 1 if holder else 1)
            if self._renewer is None:
                self._renew_in_background()
        if holder:
            return read_held(store, lease.at)
        try:
            return self._wait(lease, key, until)
        except BaseException:
            self._leave(key)
            raise

    def give_back(self, lease: Lease, key: tuple[str, str]) -> None:
        """Let others have it, unless an outer `with` still holds it."""
        if self._store.read_only:
            return
        if self._held[key][1] == 1 and not lease.is_given_back:
            row = {**lease.at, "owner": self._store.owner}
            self._store.submit(lambda c: c.exec_driver_sql(self._store.sql[GIVE_BACK], row), durable=False)
        self._leave(key)

    def close(self) -> None:
        """Give back all that is held."""
        self._ended.set()
        if not self._store.read_only:
            ours = delete(leases).where(leases.c.owner == self._store.owner)
            self._store.submit(lambda c: c.execute(ours), durable=False)

    def _leave(self, key: tuple[str, str]) -> None:
        with self._changed:
            thread, count = self._held.pop(key)
            if count > 1:
                self._held[key] = (thread, count - 1)
            self._changed.notify_all()

    def _wait(self, lease: Lease, key: tuple[str, str], until: float) -> Held:
        look, watch = FIRST_LOOK, Watch()
        row = {**lease.at, "owner": self._store.owner, "gone": None}

        def attempt(connection: Connection) -> Held | None:
            sql = self._store.sql
            taken = connection.exec_driver_sql(sql[_TAKE], row).first() is not None
            if not taken and not self._inherit(connection, row, watch):
                return None
            return held_of(connection.exec_driver_sql(sql[_HELD], lease.at), lease.at, lease)

        while (held := self._store.submit(attempt, durable=False).result()) is None:
            if time.monotonic() + look > until:
                raise _taken(key)
            time.sleep(look)
            look = min(look * 2, LONGEST_LOOK)
        return held

    def _inherit(self, connection: Connection, row: dict[str, Any], watch: Watch) -> bool:
        """Take the lease of a process that has ended, or that may have and renews it no more."""
        sql = self._store.sql
        holder, until, ended_long_ago = connection.exec_driver_sql(sql[_HOLDER], row).one()
        alive, idle = lives(holder), watch.unchanged((holder, until))
        if alive or (alive is None and not ended_long_ago and idle < LEASE_MS / 1000):
            return False
        return connection.exec_driver_sql(sql[_TAKE], {**row, "gone": holder}).first() is not None

    def _renew_in_background(self) -> None:
        self._renewer = Thread(target=self._renew, name="leases", daemon=True)
        self._renewer.start()

    def _renew(self) -> None:
        sql, row = self._store.sql, {"me": self._store.owner}
        while not self._ended.wait(RENEW_SECONDS):
            if self._held:
                try:
                    self._store.submit(lambda c: c.exec_driver_sql(sql[_PROLONG], row), durable=False).result()
                except FatalRunError:
                    return


def read_held(store: Store, at: dict[str, Any]) -> Held:
    """All that is known of a record, without a lease."""
    return store.read(lambda c: held_of(c.exec_driver_sql(store.sql[_HELD], at), at))


def held_of(rows: Iterable[Any], at: dict[str, Any], lease: Lease | None = None) -> Held:
    """What the rows of `_HELD` say: one for each flow, at least one."""
    stream, external_id = at["stream"], at["external_id"]
    by_flow: dict[str, Content] = {}
    for digest, text, updated_at, version, flow, vendor_key, state, hint, begun in rows:  # noqa: B007  # the last counts
        if flow is not None:
            by_flow[flow] = Content(digest, decode_values(text), updated_at, version)
    link = None if state is None else Link(stream, external_id, vendor_key, state)
    intent = None if hint is None else Intent(stream, external_id, instant(begun), decode_values(hint))
    return Held(link, by_flow, intent, lease)


def live_keys(connection: Connection, scope: int, stream: str | None = None) -> set[tuple[str, str]]:
    """What is under a live lease of anybody, of one stream or of all."""
    recent = leases.c.until >= literal_column(f"{CLOCKS[connection.dialect.name]} - {MARGIN_MS}")
    held = select(leases.c.stream, leases.c.external_id, leases.c.owner, recent.label("recent")).where(
        leases.c.scope == scope
    )
    rows = connection.execute(held if stream is None else held.where(leases.c.stream == stream)).all()
    alive = {owner: lives(owner) for owner in {row.owner for row in rows}}
    return {
        (row.stream, row.external_id) for row in rows if alive[row.owner] or (alive[row.owner] is None and row.recent)
    }


def _taken(key: tuple[str, str]) -> RecordFault:
    return RecordFault(f"another run is writing {key[0]} {key[1]}", "leased")
