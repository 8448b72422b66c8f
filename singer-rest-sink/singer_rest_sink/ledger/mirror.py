"""The other direction in the same ledger: its destination is our source, and its source our destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from singer_rest_sink.ledger.leases import live_keys
from singer_rest_sink.ledger.links import content_of
from singer_rest_sink.ledger.tables import contents, links, scopes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from singer_rest_sink.ledger.values import Content

UNNAMED = "default"
_COLUMNS = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)


def _facing(connection: Connection, scope: int) -> int | None:
    """The scope of the other direction; None when there is none, or more than one could be meant."""
    rows = {row.id: row for row in connection.execute(scopes.select())}
    ours = rows.pop(scope, None)
    if ours is None:
        return None
    found = [
        row.id for row in rows.values() if _names(row.source, ours.destination) and _names(ours.source, row.destination)
    ]
    return found[0] if len(found) == 1 else None


def _names(source: str, destination: str) -> bool:
    """Whether a setting `source` means that destination: its address, or its address and account."""
    return source in {UNNAMED, destination} or destination.startswith(f"{source} ")


def carried(connection: Connection, scope: int, stream: str, vendor_key: str) -> list[Content]:
    """What all flows of the other direction wrote to one of its vendor's keys, the oldest link first."""
    other = _facing(connection, scope)
    rows = connection.execute(
        select(*_COLUMNS)
        .select_from(links.join(contents, contents.c.link == links.c.id))
        .where(links.c.scope == other, links.c.stream == stream, links.c.vendor_key == vendor_key)
        .order_by(links.c.id, contents.c.flow)
    )
    return [content for row in rows if (content := content_of(row))]


def under_way(connection: Connection, scope: int, stream: str) -> set[tuple[str, str]]:
    """What the other direction holds under lease of one of its streams."""
    other = _facing(connection, scope)
    return live_keys(connection, other, stream) if other is not None else set()
