"""Scopes: each pair of source and destination has its own rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, update

from singer_rest.errors import FatalRunError
from singer_rest.http.origin import same_origin_text
from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.schema import scopes

UNNAMED = "default"
"""The source of a scope that was made before anybody said where the records come from."""


class Scope(NamedTuple):
    """One pair of source and destination; `known_as` is what the ledger calls the source.

    Number 0 is a scope that a ledger which is only read does not have. `is_sure`: the source was told, and known.
    """

    number: int
    born: int
    source: str
    destination: str
    known_as: str
    is_sure: bool = True

    def __str__(self) -> str:
        """For a person."""
        return f"{self.source} → {self.destination}"

    @property
    def is_unclaimed(self) -> bool:
        """Whether the ledger has the scope under another name, from the time when records did not say their origin."""
        return self.number > 0 and self.known_as != self.source


def scope_of(connection: Connection, source: str | None, destination: str, *, make: bool) -> Scope:
    """Find a scope, or make it where that is allowed. FatalRunError where several could be meant.

    An origin also finds the scope that an earlier version made without it: under no name, or under the API's address
    alone. Without a source the only scope of the destination is meant.
    """
    destination = same_origin_text(destination)
    named = None if source in {None, UNNAMED} else same_origin_text(str(source))
    every = connection.execute(scopes.select().order_by(scopes.c.id)).all()
    rows = [row for row in every if same_origin_text(row.destination) == destination]
    if row := _named(rows, named) if named else _only(rows):
        source = named or row.source
        return Scope(row.id, row.born, source, destination, row.source, is_sure=row.source == (named or UNNAMED))
    if named is None and len(rows) > 1:
        sources = ", ".join(row.source for row in rows)
        raise FatalRunError(f"the ledger has several sources of {destination}: set `source` to one of {sources}")
    source, born, number = named or UNNAMED, now_ms(), 0
    if make:
        connection.execute(insert(scopes).values(source=source, destination=destination, born=born))
        ours = scopes.c.source == source, scopes.c.destination == destination
        number = connection.execute(scopes.select().where(*ours)).one().id
    return Scope(number, born, source, destination, source)


def claim(connection: Connection, scope: Scope) -> None:
    """Give a scope of an earlier version the name of its origin, and its destination the usual spelling."""
    named = {"source": scope.source, "destination": scope.destination}
    connection.execute(update(scopes).where(scopes.c.id == scope.number).values(named))


def rename(connection: Connection, old: str, new: str) -> int:
    """Give an account its new origin wherever a scope comes from it or goes to it; gives how many scopes there are.

    FatalRunError where the new one has rows of its own already.
    """
    before, after = same_origin_text(old), same_origin_text(new)
    every = connection.execute(scopes.select()).all()
    ends = {row.id: (same_origin_text(row.source), same_origin_text(row.destination)) for row in every}
    renamed = {number: tuple(after if end == before else end for end in both) for number, both in ends.items()}
    changed = {number: both for number, both in renamed.items() if both != ends[number]}
    if clash := next((both for number, both in changed.items() if both in ends.values()), None):
        raise FatalRunError(f"the ledger knows records from {clash[0]} to {clash[1]} already: they can't become one")
    for number, (source, destination) in changed.items():
        named = {"source": source, "destination": destination}
        connection.execute(update(scopes).where(scopes.c.id == number).values(named))
    return len(changed)


def _named(rows: Sequence[Any], source: str) -> Any:
    """The scope of a source, else the oldest one of an earlier version that may be its."""
    fitting = [row for row in rows if same_origin_text(row.source) == source]
    if not fitting and "://" in source:
        fitting = [row for row in rows if source.startswith(f"{same_origin_text(row.source)} ")]
        fitting += [row for row in rows if row.source == UNNAMED]
    return next(iter(fitting), None)


def _only(rows: Sequence[Any]) -> Any:
    unnamed = [row for row in rows if row.source == UNNAMED]
    return next(iter(unnamed), rows[0] if len(rows) == 1 else None)
