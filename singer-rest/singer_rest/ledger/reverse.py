"""The reverse direction in the same ledger: its destination is our source, and its source our destination."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select

from singer_rest.ledger.bindings import bind_row
from singer_rest.ledger.content import decode_values, key_text
from singer_rest.ledger.directions import reverse_scope
from singer_rest.ledger.engine import Store
from singer_rest.ledger.leases import live_keys
from singer_rest.ledger.links import intent_of
from singer_rest.ledger.neighbours import Neighbours
from singer_rest.ledger.schema import contents, intents, links
from singer_rest.ledger.values import Content, Intent, Link

LOST_ID = "lost its id"
"""A kind of binding: by stream and external id, a record on which people cleared or changed the source's id."""
_COLUMNS = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)
_CONTENTS = select(*_COLUMNS).select_from(links.join(contents, contents.c.link == links.c.id))
_SAME_RECORD = and_(*(intents.c[name] == links.c[name] for name in ("scope", "stream", "external_id")))
_INTENTS = select(intents).select_from(intents.join(links, _SAME_RECORD))


class Reverse:
    """What the reverse direction did to its vendor's records, which are those of our source."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.neighbours = Neighbours(store, of_reverse=True)
        """What other sources have where our records come from."""

    def contents(self, stream: str, vendor_key: str) -> list[Content]:
        """What all its flows wrote to one key, the oldest link first."""
        rows = self._rows(_CONTENTS.order_by(links.c.id, contents.c.flow), stream, vendor_key)
        return [Content(row.hash, decode_values(row.content), row.updated_at, row.version) for row in rows]

    def links(self, stream: str, *, vendor_key: str | None = None, external_id: str | None = None) -> list[Link]:
        """Its links to one key, or of one of its source's records, the oldest first."""
        column, value = (links.c.vendor_key, vendor_key) if vendor_key else (links.c.external_id, external_id)

        def read(connection: Connection) -> list[Link]:
            own = links.c.scope == reverse_scope(connection, self._store.scope), links.c.stream == key_text(stream)
            rows = connection.execute(links.select().where(*own, column == value).order_by(links.c.id))
            return [Link(row.stream, row.external_id, row.vendor_key, row.state) for row in rows]

        return self._store.read(read)

    def has_any(self, stream: str) -> bool:
        """Whether it ever linked a record of a stream."""

        def read(connection: Connection) -> bool:
            own = links.c.scope == reverse_scope(connection, self._store.scope), links.c.stream == key_text(stream)
            any_key = select(links.c.id).where(*own, links.c.vendor_key.is_not(None)).limit(1)
            return connection.execute(any_key).first() is not None

        return self._store.read(read)

    def in_doubt(self, stream: str, vendor_key: str) -> list[Intent]:
        """What it sent to one key without having heard the end."""
        return [intent_of(row) for row in self._rows(_INTENTS, stream, vendor_key)]

    def note_lost_id(self, stream: str, external_id: str) -> None:
        """Tell it that people cleared or changed its source's id on a record, so that it writes the id again."""

        def write(connection: Connection) -> None:
            scope = reverse_scope(connection, self._store.scope)
            row = {"scope": scope, "kind": LOST_ID, "place": stream, "name": external_id, "vendor_key": external_id}
            bind_row(connection, self._store, row)

        if not self._store.read_only:
            self._store.write(write)

    def in_doubt_of(self, stream: str, external_id: str) -> bool:
        """Whether it has begun to make one of its source's records and nobody heard the end."""

        def read(connection: Connection) -> bool:
            own = intents.c.scope == reverse_scope(connection, self._store.scope), intents.c.stream == key_text(stream)
            wanted = select(intents.c.hint).where(*own, intents.c.external_id == external_id)
            hints = connection.execute(wanted).scalars()
            return any(decode_values(hint).get("creates") for hint in hints)

        return self._store.read(read)

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
