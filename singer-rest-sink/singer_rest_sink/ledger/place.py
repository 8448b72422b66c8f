"""Where and when a row belongs: its scope, the run, the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from singer_rest_sink.ledger import tables

Insert = Callable[..., Any]


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def instant(milliseconds: int) -> datetime:
    """A stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def optional_instant(milliseconds: int | None) -> datetime | None:
    """A stored time that may be absent."""
    return None if milliseconds is None else instant(milliseconds)


def milliseconds(text: str | None) -> int | None:
    """An ISO instant (UTC unless it says otherwise) as a stored time; None for what is no instant."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)


def by_dialect(build: Callable[[Insert], Any]) -> dict[str, Any]:
    """An upsert as each dialect wants it."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


_FIND = tables.scopes.select().where
_ADD = by_dialect(lambda insert: insert(tables.scopes).on_conflict_do_nothing())


def scope_of(connection: Connection, source: str, destination: str, *, make: bool) -> tuple[int, datetime]:
    """The scope's number and birth; one that isn't there is made, or is (0, now) when it may not be."""
    pair = {"source": source, "destination": destination}
    if make:
        connection.execute(_ADD[connection.dialect.name], pair | {"born": now_ms()})
    found = connection.execute(
        _FIND(tables.scopes.c.source == source, tables.scopes.c.destination == destination)
    ).one_or_none()
    return (found.id, instant(found.born)) if found else (0, instant(now_ms()))
