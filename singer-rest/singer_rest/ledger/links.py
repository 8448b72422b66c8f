"""The tables of one record's write: its link, what each flow last wrote, intents before requests, the log of results.

What is written together is committed together.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, literal_column, select, update

from singer_rest.errors import single_line
from singer_rest.ledger import conflicts
from singer_rest.ledger.clock import MARGIN_MS, instant
from singer_rest.ledger.content import decode_values, encode_record, encode_values, record_text, values_text
from singer_rest.ledger.engine import Own, Prepared, Store, prepared
from singer_rest.ledger.leases import GIVE_BACK, Lease, live_keys, read_held
from singer_rest.ledger.schema import contents, intents, links, record_log
from singer_rest.ledger.values import Conflict, Content, Intent, Known, Link, LinkState

UNCHANGED = "unchanged"
WRITES = ("created", "updated")
UNPARKED = "unparked"
LARGEST_HINT = 1 << 20

_NAMES = ("scope", "stream", "external_id")
_FIND = prepared(
    select(
        links.c.vendor_key,
        links.c.state,
        contents.c.hash,
        contents.c.content,
        contents.c.updated_at,
        contents.c.version,
    )
    .select_from(
        links.outerjoin(contents, (contents.c.link == links.c.id) & (contents.c.flow == bindparam("flow"))),
    )
    .where(*(links.c[name] == bindparam(name) for name in _NAMES))
)
_PARKED: ColumnElement[str] = literal_column("'parked'")
_LINKED: ColumnElement[str] = literal_column("'linked'")


def _link_upsert(own: Own) -> Any:
    """A known key stays when none is given; a parked link stays parked."""
    add = own.insert(links)
    key = func.coalesce(add.excluded.vendor_key, links.c.vendor_key)
    keyless = add.excluded.vendor_key.is_(None)
    state = case((links.c.state == _PARKED, _PARKED), (keyless, links.c.state), else_=_LINKED)
    return add.on_conflict_do_update(
        index_elements=_NAMES, set_={"vendor_key": key, "state": state, "changed_at": add.excluded.changed_at}
    ).returning(links.c.id, links.c.vendor_key)


def _content_upsert(own: Own) -> Any:
    add = own.insert(contents)
    names = ("hash", "content", "updated_at", "version", "written_at")
    return add.on_conflict_do_update(
        index_elements=["link", "flow"], set_={name: getattr(add.excluded, name) for name in names}
    )


def _intent_upsert(own: Own) -> Any:
    """An open intent gets the time and the hint of the last request that may take effect."""
    add = own.insert(intents)
    last = {name: add.excluded[name] for name in ("hint", "created_at")}
    return add.on_conflict_do_update(index_elements=_NAMES, set_=last)


def _writes_since(_own: Own) -> Any:
    of_record = [record_log.c[name] == bindparam(name) for name in _NAMES]
    unparked = select(func.max(record_log.c.at)).where(*of_record, record_log.c.result == literal_column("'unparked'"))
    wrote = record_log.c.result.in_([literal_column(f"'{result}'") for result in WRITES])
    later = record_log.c.at > func.coalesce(unparked.scalar_subquery(), literal_column("0"))
    return (
        select(func.count())
        .select_from(record_log)
        .where(*of_record, wrote, record_log.c.at >= bindparam("since"), record_log.c.at <= bindparam("now"), later)
    )


_LINK = Prepared(_link_upsert, "scope stream external_id vendor_key state changed_at")
_CONTENT = Prepared(_content_upsert, "link flow hash content updated_at version written_at")
_OPEN_INTENT = Prepared(_intent_upsert, "scope stream external_id hint created_at")
_INTENT = prepared(select(intents.c.hint, intents.c.created_at).where(*(intents.c[n] == bindparam(n) for n in _NAMES)))
_CLOSE_INTENT = prepared(delete(intents).where(*(intents.c[name] == bindparam(name) for name in _NAMES)))
_LOG = prepared(record_log.insert().inline(), "scope run at stream external_id flow vendor_key result detail")
_WRITES_SINCE = Prepared(_writes_since)


class Links:
    """The links of one scope between the source's records and the vendor's, and what each flow last wrote."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, stream: str, external_id: str, flow: str) -> Known | None:
        """The link and what `flow` last wrote; the fast path for `unchanged`."""
        row = self._store.row(_FIND, {**self._store.at(stream, external_id), "flow": flow})
        if row is None:
            return None
        key, state, digest, text, updated_at, version = row
        content = None if digest is None else Content(digest, decode_values(text), updated_at, version)
        return Known(Link(stream, external_id, key, state), content)

    def get(self, stream: str, external_id: str) -> Link | None:
        """The link of a record."""
        known = self.find(stream, external_id, "")
        return known.link if known else None

    def to_key(self, stream: str, vendor_key: str) -> list[Link]:
        """All links to one vendor key, the oldest first."""
        rows = self._store.select(
            select(links.c.external_id, links.c.state)
            .where(links.c.scope == self._store.scope, links.c.stream == stream, links.c.vendor_key == vendor_key)
            .order_by(links.c.id)
        )
        return [Link(stream, row.external_id, vendor_key, row.state) for row in rows]

    def keys(self, stream: str) -> dict[str, set[str]]:
        """The external ids that are linked to each vendor key."""
        own = links.c.scope == self._store.scope, links.c.stream == stream, links.c.vendor_key.is_not(None)
        linked: dict[str, set[str]] = {}
        for row in self._store.select(select(links.c.vendor_key, links.c.external_id).where(*own)):
            linked.setdefault(row.vendor_key, set()).add(row.external_id)
        return linked

    def release(self, stream: str, external_ids: Iterable[str], detail: str = "") -> None:
        """Forget the keys of links that turned out to be other records'; the next write makes or finds its own."""

        def write(connection: Connection) -> None:
            for external_id in external_ids:
                at = self._store.at(stream, external_id)
                freed = update(links).where(*(links.c[name] == value for name, value in at.items()))
                connection.execute(freed.values(vendor_key=None, state="open"))
                log(connection, self._store, at, "released", detail=detail)

        self._store.write(write)

    def contents(self, stream: str, external_id: str) -> dict[str, Content]:
        """What every flow last wrote, by flow."""
        return read_held(self._store, self._store.at(stream, external_id)).contents

    def written(  # noqa: PLR0913 - the columns of one transaction, by name
        self,
        stream: str,
        external_id: str,
        *,
        vendor_key: str | None,
        flow: str,
        content: Content,
        result: str,
        detail: str = "",
        disagreed: Sequence[Conflict] = (),
        lease: Lease | None = None,
    ) -> None:
        """Link, content, closed intent, conflicts and log in one transaction; returns when it is committed.

        `vendor_key` None keeps the known key: so content alone can be remembered. A `lease` of the record that is given
        is given back with it.
        """
        store, sql, now = self._store, self._store.sql, time.time_ns() // 1_000_000
        at = store.at(stream, external_id)
        link = {**at, "vendor_key": vendor_key, "state": "linked" if vendor_key else "open", "changed_at": now}
        row = {
            "flow": flow,
            "hash": content.hash,
            "content": _values_text(content.values),
            "updated_at": content.updated_at,
            "version": content.version,
            "written_at": now,
        }

        def write(connection: Connection) -> None:
            execute = connection.exec_driver_sql
            number, key = execute(sql[_LINK], link).one()
            execute(sql[_CLOSE_INTENT], at)
            execute(sql[_CONTENT], {**row, "link": number})
            if disagreed:
                conflicts.keep(connection, store.scope, store.run, disagreed)
            if result != UNCHANGED:
                log(connection, store, at, result, flow=flow, vendor_key=key, detail=detail)
            if lease:
                execute(sql[GIVE_BACK], {**at, "owner": store.owner})

        store.submit(write).result()
        if lease:
            lease.is_given_back = True

    def adopt(self, stream: str, keys: Mapping[str, str], detail: str = "") -> None:
        """Link external ids to existing keys, without content, in one transaction; open intents stay."""

        def write(connection: Connection) -> None:
            for external_id, key in keys.items():
                at = self._store.at(stream, external_id)
                self._link(connection, at, key)
                log(connection, self._store, at, "adopted", vendor_key=key, detail=detail)

        self._store.write(write)

    def set_state(self, stream: str, external_id: str, state: LinkState, detail: str = "") -> None:
        """`detached`: deleted at the destination, not made again; `parked`: it loops, until a person retries it.

        A record without a link gets one, so that the state is not lost.
        """
        at = self._store.at(stream, external_id)

        def write(connection: Connection) -> None:
            number = self._link(connection, at, None)
            connection.exec_driver_sql(self._store.sql[_CLOSE_INTENT], at)
            connection.execute(update(links).where(links.c.id == number).values(state=state))
            log(connection, self._store, at, state, detail=detail)

        self._store.write(write)

    def unpark(self, stream: str, external_id: str) -> None:
        """Write a parked link again; its writes are counted anew."""
        at = self._store.at(stream, external_id)
        state = case((links.c.vendor_key.is_(None), "open"), else_="linked")
        parked = update(links).where(*(links.c[name] == value for name, value in at.items()), links.c.state == "parked")

        def write(connection: Connection) -> None:
            if connection.execute(parked.values(state=state)).rowcount:
                log(connection, self._store, at, UNPARKED)

        self._store.write(write)

    def _link(self, connection: Connection, at: Mapping[str, Any], vendor_key: str | None) -> int:
        """Make or renew a link; gives its number."""
        row = {**at, "vendor_key": vendor_key, "state": "linked" if vendor_key else "open"}
        row["changed_at"] = time.time_ns() // 1_000_000
        return int(connection.exec_driver_sql(self._store.sql[_LINK], row).one().id)


class Intents:
    """The requests of one scope that are about to be sent: committed before, closed when the ledger knows their end."""

    def __init__(self, store: Store) -> None:
        """Look at those that are open now: they are at least as old as this process has the ledger."""
        self._store = store
        self._first_seen: dict[tuple[str, str, datetime], float] = {}
        for intent in self._open_ones():
            self._see(intent)

    def open(self, stream: str, external_id: str, hint: dict[str, Any]) -> None:
        """Commit that a request is about to be sent; `hint` takes the place of an open intent's."""
        store = self._store
        row = {
            **store.at(stream, external_id),
            "hint": _hint_text(hint),
            "created_at": time.time_ns() // 1_000_000,
        }
        store.submit(lambda connection: connection.exec_driver_sql(store.sql[_OPEN_INTENT], row)).result()

    def get(self, stream: str, external_id: str) -> Intent | None:
        """The open intent of a record."""
        row = self._store.row(_INTENT, self._store.at(stream, external_id))
        return Intent(stream, external_id, instant(row[1]), decode_values(row[0])) if row else None

    def abandoned(self) -> list[Intent]:
        """Requests that were begun and that nobody alive is at, the oldest first."""
        busy = self._store.read(lambda connection: live_keys(connection, self._store.scope))
        return [intent for intent in self._open_ones() if (intent.stream, intent.external_id) not in busy]

    def age(self, intent: Intent) -> float:
        """How many seconds ago its request was sent at least, whatever clocks did meanwhile."""
        by_clock = time.time() - intent.created_at.timestamp() - MARGIN_MS / 1000
        return max(time.monotonic() - self._see(intent), by_clock)

    def close(self, stream: str, external_id: str) -> None:
        """Close an intent whose request surely had no effect."""
        at = self._store.at(stream, external_id)
        self._store.write(lambda connection: connection.exec_driver_sql(self._store.sql[_CLOSE_INTENT], at))

    def _open_ones(self) -> list[Intent]:
        every = select(intents).where(intents.c.scope == self._store.scope).order_by(intents.c.created_at)
        return [intent_of(row) for row in self._store.select(every)]

    def _see(self, intent: Intent) -> float:
        """When this process first saw it, by a clock that does not jump."""
        return self._first_seen.setdefault((intent.stream, intent.external_id, intent.created_at), time.monotonic())


class RecordLog:
    """What happened to each record of one scope: a row per result that is not `unchanged`, kept for 30 days."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, stream: str, external_id: str, flow: str, result: str, detail: str = "") -> None:
        """Log a result that wrote nothing (stale, rejected …). Does not wait for the commit."""
        at = self._store.at(stream, external_id)
        self._store.submit(lambda connection: log(connection, self._store, at, result, flow=flow, detail=detail))

    def writes_within(self, stream: str, external_id: str, seconds: float) -> int:
        """How often a record was created or updated in the last `seconds`, and since a person unparked it.

        What a clock that was set back calls the future does not count.
        """
        now = time.time_ns() // 1_000_000
        times = {"since": now - int(seconds * 1000), "now": now}
        row = self._store.row(_WRITES_SINCE, {**self._store.at(stream, external_id), **times})
        return int(row[0])


def log(  # noqa: PLR0913 - the columns of a row, by name
    connection: Connection,
    store: Store,
    at: Mapping[str, Any],
    result: str,
    *,
    flow: str = "",
    vendor_key: str | None = None,
    detail: str = "",
) -> None:
    """Add a row of the log within a transaction; it belongs to the run of this process."""
    row = {**at, "flow": flow, "vendor_key": vendor_key, "result": result, "run": store.run}
    row["detail"] = single_line(detail) if detail else ""
    row["at"] = time.time_ns() // 1_000_000
    connection.exec_driver_sql(store.sql[_LOG], row)


def forget_log(connection: Connection, before: int) -> None:
    """Remove the rows of the log before `before` (ms)."""
    connection.execute(delete(record_log).where(record_log.c.at < before))


def intent_of(row: Any) -> Intent:
    """The intent in a row."""
    return Intent(row.stream, row.external_id, instant(row.created_at), decode_values(row.hint))


def _values_text(values: dict[str, Any]) -> str:
    try:
        return encode_values(values).decode()
    except (UnicodeEncodeError, RecursionError):
        return values_text(values)


def _hint_text(hint: dict[str, Any]) -> str:
    try:
        text = encode_record(hint).decode()
    except (UnicodeEncodeError, TypeError, RecursionError):
        return record_text(hint)
    return record_text(hint) if len(text) > LARGEST_HINT or "NaN" in text or "Infinity" in text else text
