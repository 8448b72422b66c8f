"""Properties that both sides had changed: both values and the rule that decided, for people to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.content import key_text, read_values, values_text
from singer_rest.ledger.tables import conflicts
from singer_rest.ledger.values import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def keep(connection: Connection, scope: int, run: int | None, found: Iterable[Conflict]) -> None:
    """Keep conflicts, with the record that is written."""
    rows = [
        {
            "scope": scope,
            "run": run,
            "at": now_ms(),
            "stream": key_text(one.stream),
            "external_id": key_text(one.external_id),
            "name": one.name,
            "source": _text(one.source),
            "destination": _text(one.destination),
            "agreed": _text(one.agreed),
            "rule": one.rule,
        }
        for one in found
    ]
    if rows:
        connection.execute(conflicts.insert(), rows)


def listed(connection: Connection, scope: int) -> list[Conflict]:
    """All conflicts, the oldest first."""
    rows = connection.execute(select(conflicts).where(conflicts.c.scope == scope).order_by(conflicts.c.id))
    return [
        Conflict(
            row.stream,
            row.external_id,
            row.name,
            _value(row.source),
            _value(row.destination),
            _value(row.agreed),
            row.rule,
            instant(row.at),
        )
        for row in rows
    ]


def forget(connection: Connection, before: int) -> None:
    """Remove those before `before` (ms)."""
    connection.execute(delete(conflicts).where(conflicts.c.at < before))


def _text(value: Any) -> str:
    return values_text({"value": value})


def _value(text: str) -> Any:
    return read_values(text)["value"]
