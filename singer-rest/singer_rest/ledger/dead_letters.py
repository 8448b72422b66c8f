"""Dead letters: records that were set aside, with the reason and the time of the next try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, case, delete, literal_column, or_, select, text, update

from singer_rest.ledger.clock import Prepared, instant, now_ms, optional_instant, prepared
from singer_rest.ledger.content import read_record
from singer_rest.ledger.tables import dead_letters
from singer_rest.ledger.values import Letter, LetterStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Row

# Seconds until the next try, after the first, second … one failed; after the last a letter is dead.
SCHEDULE = (5, 30, 120, 600, 3600, 21600)

_columns = dead_letters.c
_REPLACED = ("kind", "reason", "code", "waits_for_stream", "waits_for_id", "record", "source", "updated_at")


def _keep(insert: Any) -> Any:
    """The letter of a newer record stays the letter of that record."""
    add = insert(dead_letters)
    older = add.excluded.updated_at < _columns.updated_at
    newest = {name: case((older, _columns[name]), else_=getattr(add.excluded, name)) for name in _REPLACED}
    return add.on_conflict_do_update(
        index_elements=["scope", "stream", "external_id", "flow"],
        index_where=text("status = 'open'"),
        set_=newest | {"attempts": _columns.attempts + literal_column("1"), "last_at": add.excluded.last_at},
    ).returning(_columns.id, _columns.kind, _columns.attempts)


_KEEP = Prepared(
    "scope stream external_id flow kind reason code waits_for_stream waits_for_id record source updated_at"
    " attempts first_at last_at status",
    _keep,
)
_ANY_WAITING = prepared(
    select(_columns.id).where(
        _columns.scope == bindparam("scope"),
        _columns.waits_for_stream == bindparam("waits_for_stream"),
        _columns.waits_for_id == bindparam("waits_for_id"),
        _columns.status == literal_column("'open'"),
    )
)


def keep(connection: Connection, letter: Mapping[str, Any]) -> int:
    """Set a record aside; `letter` has the table's columns but attempts, times and status."""
    now = now_ms()
    row = {**letter, "attempts": 1, "first_at": now, "last_at": now, "status": "open"}
    kept = _KEEP(connection, row).one()
    _plan(connection, kept, now)
    return int(kept.id)


def _plan(connection: Connection, kept: Row[Any], now: int) -> None:
    plan: dict[str, Any] = {"next_try_at": None}
    if kept.kind == "retry" and kept.attempts <= len(SCHEDULE):
        plan = {"next_try_at": now + SCHEDULE[kept.attempts - 1] * 1000}
    elif kept.kind == "retry":
        plan["kind"] = "dead"
    connection.execute(update(dead_letters).where(_columns.id == kept.id).values(plan))


def due(connection: Connection, scope: int, now: int, limit: int) -> list[Letter]:
    """Open letters whose time has come, the earliest first."""
    ripe = _open(scope).where(_columns.next_try_at <= now).order_by(_columns.next_try_at, _columns.id)
    return [_letter(row) for row in connection.execute(ripe.limit(limit))]


def waiting_for(connection: Connection, scope: int, stream: str, external_id: str) -> list[Letter]:
    """Open letters that wait for a record."""
    record = {"scope": scope, "waits_for_stream": stream, "waits_for_id": external_id}
    if _ANY_WAITING(connection, record).first() is None:
        return []
    waiting = _open(scope).where(_columns.waits_for_stream == stream, _columns.waits_for_id == external_id)
    return [_letter(row) for row in connection.execute(waiting.order_by(_columns.id))]


def listed(connection: Connection, scope: int, status: LetterStatus | None, stream: str | None) -> list[Letter]:
    """Letters, the oldest first."""
    found = select(dead_letters).where(_columns.scope == scope).order_by(_columns.id)
    found = found.where(_columns.status == status) if status else found
    found = found.where(_columns.stream == stream) if stream else found
    return [_letter(row) for row in connection.execute(found)]


def open_keys(connection: Connection, scope: int) -> set[tuple[str, str, str]]:
    """Stream, external id and flow of the open letters."""
    keys = select(_columns.stream, _columns.external_id, _columns.flow)
    rows = connection.execute(keys.where(_columns.scope == scope, _columns.status == "open"))
    return {(row.stream, row.external_id, row.flow) for row in rows}


def one(connection: Connection, scope: int, number: int) -> Letter | None:
    """One letter."""
    found = select(dead_letters).where(_columns.scope == scope, _columns.id == number)
    row = connection.execute(found).one_or_none()
    return _letter(row) if row else None


def close(connection: Connection, at: Mapping[str, Any], flow: str | None, updated_at: int | None) -> int:
    """Close the open letters of a record that are not newer than `updated_at`."""
    mine = [_columns[name] == value for name, value in at.items()] + [_columns.status == "open"]
    if flow is not None:
        mine.append(_columns.flow == flow)
    if updated_at is not None:
        mine.append(or_(_columns.updated_at.is_(None), _columns.updated_at <= updated_at))
    return connection.execute(update(dead_letters).where(*mine).values(status="closed", last_at=now_ms())).rowcount


def discard(connection: Connection, scope: int, number: int) -> bool:
    """Give a letter up."""
    gone = _these(scope, [number]).values(status="discarded", last_at=now_ms())
    return connection.execute(gone).rowcount == 1


def retry(connection: Connection, scope: int, numbers: Collection[int]) -> int:
    """Make letters due now, the dead ones too."""
    kind = case((_columns.kind == "dead", "retry"), else_=_columns.kind)
    again = _these(scope, numbers).where(_columns.kind != "mapper").values(next_try_at=now_ms(), kind=kind)
    return connection.execute(again).rowcount


def forget(connection: Connection, before: int) -> None:
    """Remove letters that were done with before `before` (ms): they hold people's data."""
    connection.execute(delete(dead_letters).where(_columns.status != "open", _columns.last_at < before))


def _open(scope: int) -> Any:
    return select(dead_letters).where(_columns.scope == scope, _columns.status == "open")


def _these(scope: int, numbers: Collection[int]) -> Any:
    wanted: list[ColumnElement[bool]] = [_columns.scope == scope, _columns.status == "open", _columns.id.in_(numbers)]
    return update(dead_letters).where(*wanted)


def _letter(row: Row[Any]) -> Letter:
    waits_for = (row.waits_for_stream, row.waits_for_id) if row.waits_for_stream is not None else None
    return Letter(
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
        status=cast("LetterStatus", row.status),
    )
