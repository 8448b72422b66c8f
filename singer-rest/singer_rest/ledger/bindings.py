"""Bindings: the vendor's keys that names were resolved to (pipeline, stage, field, option), and other small facts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.engine import Own, Prepared, Store, prepared
from singer_rest.ledger.schema import bindings
from singer_rest.ledger.values import Binding


def _bind(own: Own) -> Any:
    add = own.insert(bindings)
    renewed = {"vendor_key": add.excluded.vendor_key, "bound_at": add.excluded.bound_at}
    return add.on_conflict_do_update(index_elements=["scope", "kind", "place", "name"], set_=renewed)


_BIND = Prepared(_bind, "scope kind place name vendor_key bound_at")
_KEY = tuple(bindings.c[name] == bindparam(name) for name in ("scope", "kind", "place", "name"))
_BOUND = prepared(select(bindings.c.vendor_key).where(*_KEY))


def bind_row(connection: Connection, store: Store, row: dict[str, Any]) -> None:
    """Bind a name in the scope of the row, within a transaction."""
    connection.exec_driver_sql(store.sql[_BIND], {**row, "bound_at": now_ms()})


class Bindings:
    """The bindings of one scope; `container` is the pipeline (or field) in which the name is known."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, kind: str, container: str, name: str) -> str | None:
        """The vendor key that a name is bound to."""
        row = self._store.row(_BOUND, self._row(kind, container, name))
        return row[0] if row else None

    def bind(self, kind: str, container: str, name: str, vendor_key: str) -> None:
        """Bind a name, or bind it anew."""
        row = self._row(kind, container, name) | {"vendor_key": vendor_key}
        self._store.write(lambda connection: bind_row(connection, self._store, row))

    def unbind(self, kind: str, container: str, name: str) -> None:
        """Forget what a name is bound to."""
        own = (bindings.c[column] == value for column, value in self._row(kind, container, name).items())
        statement = delete(bindings).where(*own)
        self._store.write(lambda connection: connection.execute(statement))

    def of_kind(self, kind: str) -> list[Binding]:
        """All bindings of a kind."""
        own = select(bindings).where(bindings.c.scope == self._store.scope, bindings.c.kind == kind)
        return [Binding(kind, row.place, row.name, row.vendor_key) for row in self._store.select(own)]

    def _row(self, kind: str, container: str, name: str) -> dict[str, Any]:
        return {"scope": self._store.scope, "kind": kind, "place": container, "name": name}
