"""The reverse direction in the same ledger: its destination is our source, and its source our destination."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select

from singer_rest.ledger.content import decode_values, key_text
from singer_rest.ledger.directions import reverse_scope
from singer_rest.ledger.engine import Store
from singer_rest.ledger.leases import live_keys
from singer_rest.ledger.links import intent_of
from singer_rest.ledger.schema import contents, intents, links
from singer_rest.ledger.values import Content, Intent

_COLUMNS = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)
_CONTENTS = select(*_COLUMNS).select_from(links.join(contents, contents.c.link == links.c.id))
_SAME_RECORD = and_(*(intents.c[name] == links.c[name] for name in ("scope", "stream", "external_id")))
_INTENTS = select(intents).select_from(intents.join(links, _SAME_RECORD))


class Reverse:
    """What the reverse direction did to its vendor's records, which are those of our source."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def contents(self, stream: str, vendor_key: str) -> list[Content]:
        """What all its flows wrote to one key, the oldest link first."""
        rows = self._rows(_CONTENTS.order_by(links.c.id, contents.c.flow), stream, vendor_key)
        return [Content(row.hash, decode_values(row.content), row.updated_at, row.version) for row in rows]

    def in_doubt(self, stream: str, vendor_key: str) -> list[Intent]:
        """What it sent to one key without having heard the end."""
        return [intent_of(row) for row in self._rows(_INTENTS, stream, vendor_key)]

    def under_way(self, stream: str) -> set[tuple[str, str]]:
        """What it is writing just now to a stream."""

        def read(connection: Connection) -> set[tuple[str, str]]:
            other = reverse_scope(connection, self._store.scope)
            return live_keys(connection, other, key_text(stream)) if other is not None else set()

        return self._store.read(read)

    def _rows(self, statement: Any, stream: str, vendor_key: str) -> Any:
        def read(connection: Connection) -> Any:
            own = links.c.scope == reverse_scope(connection, self._store.scope), links.c.stream == key_text(stream)
            return connection.execute(statement.where(*own, links.c.vendor_key == vendor_key)).all()

        return self._store.read(read)
