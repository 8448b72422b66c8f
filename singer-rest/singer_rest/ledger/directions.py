"""Which two scopes of a ledger are the two directions between the same two systems."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection

from singer_rest.errors import FatalRunError
from singer_rest.ledger.schema import scopes

UNNAMED = "default"


class Direction(NamedTuple):
    """From where to where, as settings and API name them."""

    source: str
    destination: str

    def __str__(self) -> str:
        """For a person."""
        return f"from {self.source} to {self.destination}"

    def faces(self, other: Direction) -> bool:
        """Whether each comes from where the other goes to."""
        return _names(self.source, other.destination) and _names(other.source, self.destination)

    def nearly_faces(self, other: Direction) -> bool:
        """Whether they meet at one end, and at the other only spell one API's address in two ways."""
        here, far = (self.source, other.destination), (other.source, self.destination)
        return (_names(*here) and _alike(*far)) or (_names(*far) and _alike(*here))


def reverse_scope(connection: Connection, scope: int) -> int | None:
    """The scope of the reverse direction; None when there is none, or more than one could be meant."""
    known = _known(connection)
    ours = known.pop(scope, None)
    reverse = [number for number, other in known.items() if ours and ours.faces(other)]
    return reverse[0] if len(reverse) == 1 else None


def check_reverse(connection: Connection, source: str, destination: str) -> None:
    """Make sure that no other direction misses this one by the spelling of an address.

    They would not know each other, and each would carry back what the other brought. Raises FatalRunError.
    """
    ours, known = Direction(source, destination), set(_known(connection).values())
    for other in sorted(known):
        if ours.nearly_faces(other) and not any(end.faces(third) for end in (ours, other) for third in known):
            raise FatalRunError(
                f"this goes {ours}, and the other direction in the ledger {other}: they would not know each other."
                " Spell each address alike in both (settings `source` and `api_url`), or, where they have nothing to"
                " do with each other, give one a `ledger_url` of its own"
            )


def _known(connection: Connection) -> dict[int, Direction]:
    return {row.id: Direction(row.source, row.destination) for row in connection.execute(scopes.select())}


def _names(source: str, destination: str) -> bool:
    """Whether a setting `source` means that destination: its address, or its address and account."""
    return source in {UNNAMED, destination} or destination.startswith(f"{source} ")


def _alike(source: str, destination: str) -> bool:
    first, second = (name.partition(" ")[0] for name in (source, destination))
    return first != second and urlsplit(first).path == urlsplit(second).path
