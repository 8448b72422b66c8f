"""Scopes: each pair of source and destination has its own rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from singer_rest.ledger.clock import instant, now_ms
from singer_rest.ledger.schema import scopes


def scope_of(connection: Connection, source: str, destination: str, *, make: bool) -> tuple[int, datetime]:
    """The number and birth of a scope; an unknown one is made, or is (0, now) when it may not be."""
    wanted = scopes.select().where(scopes.c.source == source, scopes.c.destination == destination)
    row = connection.execute(wanted).one_or_none()
    if row is None and make:
        connection.execute(insert(scopes).values(source=source, destination=destination, born=now_ms()))
        row = connection.execute(wanted).one()
    return (row.id, instant(row.born)) if row else (0, instant(now_ms()))
