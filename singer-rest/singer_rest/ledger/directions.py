"""Which two scopes of a ledger are the two directions between the same two systems."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection

from singer_rest.errors import FatalRunError
from singer_rest.http.origin import same_origin_text
from singer_rest.ledger.schema import scopes
from singer_rest.ledger.scopes import UNNAMED, Scope


class Direction(NamedTuple):
    """From where to where, as origins and APIs name them."""

    source: str
    destination: str

    @classmethod
    def spelled(cls, source: str, destination: str) -> Direction:
        """Give the direction in the usual spelling."""
        return cls(same_origin_text(source), same_origin_text(destination))

    def __str__(self) -> str:
        """For a person."""
        return f"from {self.source} to {self.destination}"

    def faces(self, other: Direction) -> bool:
        """Whether each comes from where the other goes to."""
        return _names(self.source, other.destination) and _names(other.source, self.destination)

    def misses(self, other: Direction) -> bool:
        """Whether the other was meant to come back from where this one goes, and is off at an end or at both."""
        far, near = (self.source, other.destination), (other.source, self.destination)
        if self.faces(other) or not (_alike(*far) and _alike(*near)):
            return False
        side_by_side = _alike(self.source, other.source) and _alike(self.destination, other.destination)
        return _names(*far) or _names(*near) or not side_by_side


def reverse_scope(connection: Connection, scope: int) -> int | None:
    """The scope of the reverse direction; None when there is none, or more than one could be meant."""
    known = _known(connection)
    ours = known.pop(scope, None)
    facing = [number for number, other in known.items() if ours and ours.faces(other)]
    exact = [number for number in facing if ours and known[number] == (ours.destination, ours.source)]
    reverse = exact or facing
    return reverse[0] if len(reverse) == 1 else None


def neighbour_scopes(connection: Connection, scope: int, *, of_reverse: bool = False) -> dict[int, str]:
    """The other scopes of a scope's destination by number, with their sources.

    `of_reverse`: those beside its reverse, which go to where this one comes from.
    """
    known = _known(connection)
    ours = known.get(scope)
    if ours is None:
        return {}
    kin: int | None = scope
    destination = ours.destination
    if of_reverse:
        kin = reverse_scope(connection, scope)
        destination = known[kin].destination if kin is not None else ours.source
    return {
        number: other.source
        for number, other in known.items()
        if number not in {kin, scope} and other.destination == destination
    }


def check_reverse(connection: Connection, scope: Scope, settings: str) -> None:
    """Make sure that no other direction was meant to be the reverse of this one and misses it.

    They would not know each other, and each would carry back what the other brought. `settings` names those that say
    the ends. Raises FatalRunError.
    """
    ours = Direction(scope.source, scope.destination)
    known = {other for number, other in _known(connection).items() if number != scope.number}
    if any(ours.faces(other) for other in known):
        return
    for other in sorted(known):
        if ours.misses(other) and not any(other.faces(third) for third in known):
            raise FatalRunError(
                f"this run goes {ours}, and the other direction in the ledger goes {other}: they do not face each"
                " other. So they would not know each other, and each would carry back what the other brought."
                f" {settings}. Where both are right, run the reverse of each first, or give one a `ledger_url` of its"
                " own"
            )


def _known(connection: Connection) -> dict[int, Direction]:
    return {row.id: Direction.spelled(row.source, row.destination) for row in connection.execute(scopes.select())}


def _names(source: str, destination: str) -> bool:
    """Whether a source means that destination: its address, or its address and account."""
    return source in {UNNAMED, destination} or destination.startswith(f"{source} ")


def _alike(source: str, destination: str) -> bool:
    """Whether both could be one system's API: at the same path, wherever the hosts are."""
    paths = [urlsplit(name.partition(" ")[0]).path for name in (source, destination)]
    return _names(source, destination) or paths[0] == paths[1] or (all(paths) and _ends(*paths))


def _ends(path: str, other: str) -> bool:
    return path.endswith(other) or other.endswith(path)
