"""The other direction in the same ledger: its destination is our source, and its source our destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from singer_rest.ledger.content import key_text
from singer_rest.ledger.directions import facing
from singer_rest.ledger.leases import live_keys
from singer_rest.ledger.links import content_of, intent_of
from singer_rest.ledger.tables import contents, intents, links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection

    from singer_rest.ledger.values import Content, Intent

_COLUMNS = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)


class Reverse:
    """What the other direction did to its vendor's records, which are those of our source."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]], scope: int) -> None:
        """See the ledger from one scope."""
        self._connect = connect
        self._scope = scope

    def contents(self, stream: str, vendor_key: str) -> list[Content]:
        """What all its flows wrote to one key, the oldest link first."""
        with self._connect() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .select_from(links.join(contents, contents.c.link == links.c.id))
                .where(*self._links(connection, stream, vendor_key))
                .order_by(links.c.id, contents.c.flow)
            )
            return [content for row in rows if (content := content_of(row))]

    def in_doubt(self, stream: str, vendor_key: str) -> list[Intent]:
        """What it sent to one key without having heard the end."""
        with self._connect() as connection:
            same = (intents.c[name] == links.c[name] for name in ("scope", "stream", "external_id"))
            found = select(intents).select_from(intents.join(links, and_(*same)))
            rows = connection.execute(found.where(*self._links(connection, stream, vendor_key)))
            return [intent_of(row) for row in rows]

    def under_way(self, stream: str) -> set[tuple[str, str]]:
        """What it is writing just now to a stream."""
        with self._connect() as connection:
            other = facing(connection, self._scope)
            return live_keys(connection, other, key_text(stream)) if other is not None else set()

    def _links(self, connection: Connection, stream: str, vendor_key: str) -> Iterable[ColumnElement[bool]]:
        other = facing(connection, self._scope)
        return links.c.scope == other, links.c.stream == key_text(stream), links.c.vendor_key == vendor_key
