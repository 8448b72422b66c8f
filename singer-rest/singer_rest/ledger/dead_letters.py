"""Dead letters: records that were set aside, with the reason and the time of the next try."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, bindparam, case, delete, literal_column, or_, select, text, update

from singer_rest.errors import single_line
from singer_rest.http.instants import instant_of, ms_of_text, to_ms
from singer_rest.ledger.clock import instant, is_far, now_ms, optional_instant
from singer_rest.ledger.content import key_text, read_record, record_text
from singer_rest.ledger.engine import Own, Prepared, Store, prepared
from singer_rest.ledger.links import log
from singer_rest.ledger.schema import dead_letters
from singer_rest.ledger.values import DeadLetter, DeadLetterKind, DeadLetterStatus

# Seconds until the next try, after the first, second … one failed; after the last a letter is dead.
SCHEDULE = (5, 30, 120, 600, 3600, 21600)
SLIGHTLY_MS = 60_000

_columns = dead_letters.c
_REPLACED = ("kind", "reason", "code", "waits_for_stream", "waits_for_id", "record", "source", "updated_at")


def _keep(own: Own) -> Any:
    """The letter of a newer record stays the letter of that record."""
    add = own.insert(dead_letters)
    older = add.excluded.updated_at < _columns.updated_at
    newest = {name: case((older, _columns[name]), else_=getattr(add.excluded, name)) for name in _REPLACED}
    return add.on_conflict_do_update(
        index_elements=["scope", "stream", "external_id", "flow"],
        index_where=text("status = 'open'"),
        set_=newest | {"attempts": _columns.attempts + literal_column("1"), "last_at": add.excluded.last_at},
    ).returning(_columns.id, _columns.kind, _columns.attempts)


_KEEP = Prepared(
    _keep,
    "scope stream external_id flow kind reason code waits_for_stream waits_for_id record source updated_at"
    " attempts first_at last_at status",
)
_ANY_WAITING = prepared(
    select(_columns.id).where(
        _columns.scope == bindparam("scope"),
        _columns.waits_for_stream == bindparam("waits_for_stream"),
        _columns.waits_for_id == bindparam("waits_for_id"),
        _columns.status == literal_column("'open'"),
    )
)


class DeadLetters:
    """The dead letters of one scope: one open letter per stream, external id and flow."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(  # noqa: PLR0913 - the columns of a letter, by name
        self,
        *,
        stream: str,
        external_id: str,
        flow: str,
        kind: DeadLetterKind,
        reason: str,
        code: str,
        record: dict[str, Any],
        source: dict[str, Any] | None = None,
        waits_for: tuple[str, str] | None = None,
    ) -> int:
        """Set a record aside durably and log it; attempts are counted. Gives the letter's id.

        `retry` letters get the next time of the schedule; after the last they are `dead`. `source` is the record's
        `_source`: the letter of a newer one stays.
        """
        store, at = self._store, self._store.at(stream, external_id)
        letter = {
            **at,
            "flow": flow,
            "kind": kind,
            "reason": single_line(reason),
            "code": code,
            "record": record_text(record),
            "source": record_text(source or {}),
            "updated_at": _changed_at(source or {}),
            "waits_for_stream": key_text(waits_for[0]) if waits_for else None,
            "waits_for_id": key_text(waits_for[1]) if waits_for else None,
        }

        def write(connection: Connection) -> int:
            log(connection, store, at, kind, flow=flow, detail=code)
            now = now_ms()
            row = {**letter, "attempts": 1, "first_at": now, "last_at": now, "status": "open"}
            kept = connection.exec_driver_sql(store.sql[_KEEP], row).one()
            connection.execute(update(dead_letters).where(_columns.id == kept.id).values(_next_try(kept, now)))
            return int(kept.id)

        return self._store.write(write)

    def due(self, now: datetime | None = None, limit: int = 100) -> list[DeadLetter]:
        """Open letters whose next try has come, the earliest first; also those of a time that is ahead of the clock."""
        moment = int(now.timestamp() * 1000) if now else now_ms()
        ripe = self._select("open").where(
            _columns.next_try_at.is_not(None),
            or_(_columns.next_try_at <= moment, _columns.last_at > moment + SLIGHTLY_MS),
        )
        return self._letters(ripe.order_by(_columns.next_try_at, _columns.id).limit(limit))

    def waiting_for(self, stream: str, external_id: str) -> list[DeadLetter]:
        """Open letters that wait for this record, the oldest first."""
        wanted = {"waits_for_stream": key_text(stream), "waits_for_id": key_text(external_id)}
        row = wanted | {"scope": self._store.scope}
        if self._store.row(_ANY_WAITING, row) is None:
            return []
        waiting = self._select("open").where(*(_columns[name] == value for name, value in wanted.items()))
        return self._letters(waiting.order_by(_columns.id))

    def all(self, *, status: DeadLetterStatus | None = "open", stream: str | None = None) -> list[DeadLetter]:
        """Letters, the oldest first; status None means all."""
        wanted = self._select(status).order_by(_columns.id)
        return self._letters(wanted.where(_columns.stream == stream) if stream else wanted)

    def rejected(self, codes: Collection[str], tries: int, limit: int = 100) -> list[DeadLetter]:
        """Open letters of records at fault with one of these codes that were tried up to so many times, the oldest."""
        wanted = self._select("open").where(_columns.kind == "rejected", _columns.code.in_(codes))
        return self._letters(wanted.where(_columns.attempts <= tries).order_by(_columns.id).limit(limit))

    def open_keys(self) -> set[tuple[str, str, str]]:
        """Stream, external id and flow of every open letter."""
        keys = select(_columns.stream, _columns.external_id, _columns.flow)
        wanted = keys.where(_columns.scope == self._store.scope, _columns.status == "open")
        return {(row.stream, row.external_id, row.flow) for row in self._store.select(wanted)}

    def get(self, letter_id: int) -> DeadLetter | None:
        """The letter with an id."""
        return next(iter(self._letters(self._select(None).where(_columns.id == letter_id))), None)

    def close(self, stream: str, external_id: str, flow: str | None, updated_at: str | None) -> int:
        """Close open letters not newer than `updated_at` (None: all), of one flow or (None) all; gives how many."""
        at, moment = self._store.at(stream, external_id), ms_of_text(updated_at)
        closed = update(dead_letters).where(*(_columns[name] == value for name, value in at.items()))
        closed = closed.where(_columns.status == "open").values(status="closed", last_at=now_ms())
        if flow is not None:
            closed = closed.where(_columns.flow == flow)
        if moment is not None:
            closed = closed.where(or_(_columns.updated_at.is_(None), _columns.updated_at <= moment))
        return self._store.write(lambda c: c.execute(closed).rowcount)

    def discard(self, letter_id: int) -> bool:
        """A person gives a letter up; False when it was not open."""
        discarded = self._update([letter_id]).values(status="discarded", last_at=now_ms())
        return self._store.write(lambda c: c.execute(discarded).rowcount == 1)

    def retry(self, letter_ids: Iterable[int]) -> int:
        """Make open letters due now, not the mapper's: they go through the mapper again. Gives how many."""
        kind = case((_columns.kind == "dead", "retry"), else_=_columns.kind)
        again = self._update(letter_ids).where(_columns.kind != "mapper").values(next_try_at=now_ms(), kind=kind)
        return self._store.write(lambda c: c.execute(again).rowcount)

    def _select(self, status: DeadLetterStatus | None) -> Any:
        own = select(dead_letters).where(_columns.scope == self._store.scope)
        return own.where(_columns.status == status) if status else own

    def _update(self, letter_ids: Iterable[int]) -> Any:
        own = update(dead_letters).where(_columns.scope == self._store.scope, _columns.status == "open")
        return own.where(_columns.id.in_(tuple(letter_ids)))

    def _letters(self, statement: Any) -> list[DeadLetter]:
        return [_letter(row) for row in self._store.select(statement)]


def _changed_at(source: dict[str, Any]) -> int | None:
    """When a source's record changed, in ms; None where it says that it will, which no later change would follow."""
    changed = instant_of(source.get("updatedAt"))
    return None if changed is None or is_far(changed) else to_ms(changed)


def _next_try(kept: Row[Any], now: int) -> dict[str, Any]:
    if kept.kind != "retry":
        return {"next_try_at": None}
    if kept.attempts > len(SCHEDULE):
        return {"next_try_at": None, "kind": "dead"}
    return {"next_try_at": now + SCHEDULE[kept.attempts - 1] * 1000}


def forget(connection: Connection, before: int) -> None:
    """Remove letters that were done with before `before` (ms): they hold people's data."""
    connection.execute(delete(dead_letters).where(_columns.status != "open", _columns.last_at < before))


def _letter(row: Row[Any]) -> DeadLetter:
    waits_for = (row.waits_for_stream, row.waits_for_id) if row.waits_for_stream is not None else None
    return DeadLetter(
        id=row.id,
        stream=row.stream,
        external_id=row.external_id,
        flow=row.flow,
        kind=row.kind,
        reason=row.reason,
        code=row.code,
        waits_for=waits_for,
        record=read_record(row.record),
        source=read_record(row.source),
        attempts=row.attempts,
        first_at=instant(row.first_at),
        last_at=instant(row.last_at),
        next_try_at=optional_instant(row.next_try_at),
        status=cast("DeadLetterStatus", row.status),
    )
