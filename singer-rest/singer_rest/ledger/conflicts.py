"""Properties that both sides had changed: both values and the rule that decided, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.content import key_text, read_values, values_text
from singer_rest.ledger.engine import Store
from singer_rest.ledger.schema import conflicts
from singer_rest.ledger.values import Conflict


class Conflicts:
    """The conflicts of one scope; they are kept with the record that is written."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Conflict]:
        """All conflicts, the oldest first."""
        own = select(conflicts).where(conflicts.c.scope == self._store.scope).order_by(conflicts.c.id)
        return [_conflict(row) for row in self._store.select(own)]


def keep(connection: Connection, scope: int, run: int | None, new: Iterable[Conflict]) -> None:
    """Keep conflicts, within the transaction of the record that is written."""
    rows = [
        {
            "scope": scope,
            "run": run,
            "at": now_ms(),
            "stream": key_text(conflict.stream),
            "external_id": key_text(conflict.external_id),
            "name": conflict.name,
            "source": _text(conflict.source),
            "destination": _text(conflict.destination),
            "agreed": _text(conflict.agreed),
            "rule": conflict.rule,
        }
        for conflict in new
    ]
    if rows:
        connection.execute(conflicts.insert(), rows)


def _conflict(row: Row[Any]) -> Conflict:
    source, destination, agreed = map(_value, (row.source, row.destination, row.agreed))
    return Conflict(row.stream, row.external_id, row.name, source, destination, agreed, row.rule, instant(row.at))


def forget(connection: Connection, before: int) -> None:
    """Remove those before `before` (ms)."""
    connection.execute(delete(conflicts).where(conflicts.c.at < before))


def _text(value: Any) -> str:
    return values_text({"value": value})


def _value(text: str) -> Any:
    return read_values(text)["value"]
