"""Reads what a team has and lets the ledger know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from singer_rest.errors import FatalRunError

from target_streak.adoption import Adoption, places_of
from target_streak.box_lists import effects_of
from target_streak.connection import stopping
from target_streak.dedupe_index import had_effects, is_read, remember
from target_streak.names import listed, nearest
from target_streak.parties import adopt_by_name, adopt_parties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Ledger

    from target_streak.adoption import Adopted
    from target_streak.parties import Parties
    from target_streak.team_lists import TeamLists
    from target_streak.workspace import Connection

    Say = Callable[[str], object]

STEP = 100


@dataclass(slots=True)
class Texts:
    """What boxes say of one stream: boxes read, texts, boxes with a text that stands there more than once."""

    boxes: int = 0
    texts: int = 0
    twice: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scan:
    """Reads the team and links what it finds; `say` tells how far it is."""

    client: RestClient
    ledger: Ledger
    connection: Connection
    lists: TeamLists
    say: Say

    def boxes(self, id_field: str, pipelines: Iterable[str]) -> Adopted:
        """Link boxes by order id. FatalRunError when no pipeline has that field."""
        directory = self.connection.directory
        places = places_of(directory, id_field, pipelines, self.connection.account.user_key)
        if not places:
            fields = {one.name for pipeline in directory.pipelines for one in pipeline.fields}
            raise FatalRunError(
                f"no pipeline has a field {id_field!r}{nearest(id_field, fields)} that tells which order a box is of: "
                f"name it with --id-field, or pipe the mapping's SCHEMAs in (there are {listed(sorted(fields))})"
            )
        self.say(f"reading the boxes of {len(places)} pipelines")
        with stopping("the list of boxes"):
            return Adoption(self.client, self.ledger, self.say).adopt(places)

    def parties(self, stream: str) -> Parties:
        """Link contacts or organizations."""
        self.say(f"reading the {stream}")
        with stopping(f"the list of {stream}"):
            return adopt_parties(self.ledger, stream, self.lists.every(stream))

    def nameless(self) -> Parties:
        """Remember the contacts that only have a name."""
        with stopping("the list of contacts"):
            contacts = self.lists.every("contacts")
            return adopt_by_name(self.ledger, contacts, self.connection.account.user_key)

    def texts(self) -> dict[str, Texts]:
        """Remember what the boxes say that were linked without being read, one call each."""
        found: dict[str, Texts] = {}
        unread = [one for one in had_effects(self.ledger) if not is_read(self.ledger, *one)]
        for number, (stream, box_key) in enumerate(unread, 1):
            if number % STEP == 1:
                self.say(f"reading tasks, comments and meetings: {number - 1:,} of {len(unread):,} lists")
            with stopping(f"the {stream} of box {box_key}"):
                made = list(effects_of(self.client, box_key, stream))
            kept = found.setdefault(stream, Texts())
            kept.boxes, kept.texts = kept.boxes + 1, kept.texts + len(made)
            if remember(self.ledger, stream, box_key, made):
                kept.twice.append(box_key)
        return found
