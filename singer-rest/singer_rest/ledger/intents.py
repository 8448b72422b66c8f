"""Intents: requests that are about to be sent, committed before them and closed when the ledger knows their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.content import read_values, record_text
from singer_rest.ledger.leases import live_keys
from singer_rest.ledger.schema import intents
from singer_rest.ledger.statements import Prepared, prepared
from singer_rest.ledger.values import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from singer_rest.ledger.store import Store

_OF_RECORD = tuple(intents.c[name] == bindparam(name) for name in ("scope", "stream", "external_id"))
_FIND = prepared(select(intents).where(*_OF_RECORD))
_CLOSE = prepared(delete(intents).where(*_OF_RECORD))


def _upsert(insert: Any) -> Any:
    """An open intent gets the time and the hint of the last request that may take effect."""
    add = insert(intents)
    last = {name: add.excluded[name] for name in ("hint", "created_at")}
    return add.on_conflict_do_update(index_elements=["scope", "stream", "external_id"], set_=last)


_OPEN = Prepared("scope stream external_id hint created_at", _upsert)


class Intents:
    """The open intents of one scope."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, stream: str, external_id: str, hint: dict[str, Any]) -> None:
        """Commit that a request is about to be sent; `hint` takes the place of an open intent's."""
        row = {**self._store.at(stream, external_id), "hint": record_text(hint)}
        self._store.write(lambda c: _OPEN(c, row | {"created_at": now_ms()}))

    def get(self, stream: str, external_id: str) -> Intent | None:
        """The open intent of a record."""
        at = self._store.at(stream, external_id)
        return self._store.read(lambda c: find(c, at))

    def abandoned(self) -> list[Intent]:
        """Requests that were begun and that nobody alive is at, the oldest first."""
        return self._store.read(self._abandoned)

    def close(self, stream: str, external_id: str) -> None:
        """Close an intent whose request surely had no effect."""
        at = self._store.at(stream, external_id)
        self._store.write(lambda c: close(c, at))

    def _abandoned(self, connection: Connection) -> list[Intent]:
        busy = live_keys(connection, self._store.scope)
        own = select(intents).where(intents.c.scope == self._store.scope).order_by(intents.c.created_at)
        return [intent_of(row) for row in connection.execute(own) if (row.stream, row.external_id) not in busy]


def find(connection: Connection, at: Mapping[str, Any]) -> Intent | None:
    """The open intent of a record."""
    row = _FIND(connection, at).one_or_none()
    return intent_of(row) if row else None


def close(connection: Connection, at: Mapping[str, Any]) -> None:
    """Close the intent of a record, within a transaction."""
    _CLOSE(connection, at)


def intent_of(row: Row[Any]) -> Intent:
    """The intent in a row."""
    return Intent(row.stream, row.external_id, instant(row.created_at), read_values(row.hint))
