"""What other sources of the same ledger have at the same destination: theirs, never to be taken for ours."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from singer_rest.ledger.content import key_text
from singer_rest.ledger.directions import neighbour_scopes
from singer_rest.ledger.engine import Store
from singer_rest.ledger.schema import contents, links


class Neighbours:
    """The links of other sources to a destination: to ours, or (`of_reverse`) to the one where our records come from.

    What two sources have in common (a person of both shops) belongs to the one that linked it first.
    """

    def __init__(self, store: Store, *, of_reverse: bool = False) -> None:
        self._store, self._of_reverse = store, of_reverse

    def source_of(self, stream: str, vendor_key: str) -> str | None:
        """Which other source has linked a record of the API; None when none has."""
        return next(iter(self._sources(stream, vendor_key).values()), None)

    def keys(self, stream: str) -> set[str]:
        """The API's keys of all records of a stream that other sources have linked."""
        return set(self._sources(stream, None))

    def were_first(self, stream: str, vendor_key: str) -> bool:
        """Whether another source linked a record of the API before this one did."""

        def read(connection: Connection) -> bool:
            scopes = neighbour_scopes(connection, self._store.scope)
            if not scopes:
                return False
            to_key = links.c.stream == key_text(stream), links.c.vendor_key == vendor_key
            first = select(func.min(links.c.id)).where(*to_key, links.c.scope == self._store.scope)
            theirs = select(func.min(links.c.id)).where(*to_key, links.c.scope.in_(scopes))
            ours, others = connection.execute(first).scalar(), connection.execute(theirs).scalar()
            return others is not None and (ours is None or others < ours)

        return self._store.read(read)

    def hashes(self, stream: str, external_id: str) -> dict[str, str]:
        """What other sources wrote last of a record of that name, as fingerprints by source."""

        def read(connection: Connection) -> dict[str, str]:
            scopes = neighbour_scopes(connection, self._store.scope)
            own = links.c.scope.in_(scopes), links.c.stream == key_text(stream), links.c.external_id == external_id
            written = select(links.c.scope, contents.c.hash).join_from(links, contents, contents.c.link == links.c.id)
            rows = connection.execute(written.where(*own)) if scopes else ()
            return {scopes[row.scope]: row.hash for row in rows}

        return self._store.read(read)

    def _sources(self, stream: str, vendor_key: str | None) -> dict[str, str]:
        """The source of each linked key, the first link's."""

        def read(connection: Connection) -> dict[str, str]:
            scopes = neighbour_scopes(connection, self._store.scope, of_reverse=self._of_reverse)
            if not scopes:
                return {}
            wanted: Any = links.c.vendor_key.is_not(None) if vendor_key is None else links.c.vendor_key == vendor_key
            ours = links.c.scope.in_(scopes), links.c.stream == key_text(stream), wanted
            rows = connection.execute(
                select(links.c.vendor_key, links.c.scope).where(*ours).order_by(links.c.id.desc())
            )
            return {row.vendor_key: scopes[row.scope] for row in rows}

        return self._store.read(read)
