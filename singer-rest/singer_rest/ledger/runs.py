"""Runs of a target, and the names it has bound to keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from singer_rest.ledger.clock import Prepared, instant, now_ms, optional_instant, prepared
from singer_rest.ledger.content import read_record, record_text
from singer_rest.ledger.tables import bindings, record_log, runs
from singer_rest.ledger.values import Binding, Run

if TYPE_CHECKING:
    from sqlalchemy import Connection


def start(connection: Connection, scope: int, command: str) -> int:
    """Begin a run."""
    row = {"scope": scope, "command": command, "started_at": now_ms(), "counts": "{}"}
    return int(connection.execute(runs.insert().values(row).returning(runs.c.id)).scalar_one())


def end(connection: Connection, number: int, counts: dict[str, Any]) -> None:
    """End a run."""
    ended = {"ended_at": now_ms(), "counts": record_text(counts)}
    connection.execute(update(runs).where(runs.c.id == number).values(ended))


def latest(connection: Connection, scope: int, limit: int) -> list[Run]:
    """The latest runs, newest first."""
    rows = connection.execute(select(runs).where(runs.c.scope == scope).order_by(runs.c.id.desc()).limit(limit))
    return [
        Run(row.id, row.command, instant(row.started_at), optional_instant(row.ended_at), read_record(row.counts))
        for row in rows
    ]


def forget_log(connection: Connection, before: int) -> None:
    """Remove the log's rows before `before` (ms)."""
    connection.execute(delete(record_log).where(record_log.c.at < before))


def _bind(insert: Any) -> Any:
    add = insert(bindings)
    renewed = {"vendor_key": add.excluded.vendor_key, "bound_at": add.excluded.bound_at}
    return add.on_conflict_do_update(index_elements=["scope", "kind", "place", "name"], set_=renewed)


_BIND = Prepared("scope kind place name vendor_key bound_at", _bind)
_BOUND = prepared(
    select(bindings.c.vendor_key).where(
        bindings.c.scope == bindparam("scope"),
        bindings.c.kind == bindparam("kind"),
        bindings.c.place == bindparam("place"),
        bindings.c.name == bindparam("name"),
    )
)


def bind(connection: Connection, scope: int, binding: Binding) -> None:
    """Bind a name."""
    row = {"scope": scope, "kind": binding.kind, "place": binding.scope, "name": binding.name}
    row |= {"vendor_key": binding.vendor_key, "bound_at": now_ms()}
    _BIND(connection, row)


def binding(connection: Connection, scope: int, kind: str, place_and_name: tuple[str, str]) -> str | None:
    """The key that a name is bound to."""
    place, name = place_and_name
    return _BOUND(connection, {"scope": scope, "kind": kind, "place": place, "name": name}).scalar()


def bound(connection: Connection, scope: int, kind: str) -> list[Binding]:
    """All bindings of a kind."""
    rows = connection.execute(select(bindings).where(bindings.c.scope == scope, bindings.c.kind == kind))
    return [Binding(kind, row.place, row.name, row.vendor_key) for row in rows]
