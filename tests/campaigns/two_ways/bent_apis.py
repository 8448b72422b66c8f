"""Worlds in which Streak does otherwise than assumed: each bends a few of the sandbox's switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import Team
from promises import out_of_reach
from sandbox.streak.settings import CHOICES, DEFAULTS
from two_way_world import ROUNDS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Session
    from sandbox.testing import Sandbox

MOST_BENDS = 3
NOT_KEPT = "not_kept"
BY_HAND = 55
"""Boxes in each pipeline that are nobody's order, so that lists have pages."""
NUMBERS: dict[str, tuple[int, ...]] = {"box_list_most": (7, 50)}
"""Values for switches that take any number."""
Bends = dict[str, Any]


def offered() -> list[tuple[str, Any]]:
    """Every switch of the sandbox with every value that it does not have at first."""
    values = CHOICES | {name: numbers for name, numbers in NUMBERS.items() if name in DEFAULTS}
    return [(name, value) for name, several in values.items() for value in several if value != DEFAULTS[name]]


def bend(sandbox: Sandbox, session: Session, bends: Bends) -> None:
    """Set switches; raises where the sandbox refuses one."""
    session.post(f"{sandbox.streak_origin}/_sandbox/streak", json=bends, timeout=10).raise_for_status()


class StraightTeam(Team):
    """People use Streak's own program, which no bend of the API concerns."""

    bends: Bends

    def sees(self, record: dict[str, Any]) -> bool:
        """Whether a record is no box that somebody made by hand."""
        return super().sees(record) and ("stageKey" not in record or bool(self.field(record, "Order ID")))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say it to an API that does as is assumed."""
        bend(self._sandbox, self._session, {name: DEFAULTS[name] for name in self.bends})
        saved = super().post(path, body)
        bend(self._sandbox, self._session, self.bends)
        return saved


class BentWorld(World):
    """The API is bent from the first call to the last."""

    kind = "bent"

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        chosen = self.chance.sample(offered(), self.chance.randint(1, MOST_BENDS))
        self.bends: Bends = dict(chosen)
        self.team = StraightTeam(self.sandbox, self.session)
        self.team.bends = self.bends
        bend(self.sandbox, self.session, self.bends)
        self.unwritable = out_of_reach(self.bends)
        self.say(f"bent: {self.bends}")

    def opens(self) -> None:
        """Pipelines full of deals that were made by hand, and a shop with some orders."""
        self.team.look()
        self.sandbox.load(
            {"system": "streak", "type": "boxes", "record": {"pipelineKey": pipeline, "name": f"By hand {number}"}}
            for pipeline in self.team.pipelines
            for number in range(BY_HAND)
        )
        super().opens()

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and a ledger that is lost."""
        return [*super().happenings(), (self.ledger_is_lost, 2)]

    def ledger_is_lost(self) -> None:
        """At rest the ledger goes; the next runs learn from Streak what is there, and a deleted box is made again."""
        if self.renamed:
            return  # what a stage was called before is known to the ledger alone
        for _ in range(ROUNDS + 1):
            if not self.round([self.there, self.back]):
                break
        self.say("the ledger is lost")
        for path in self.folder.glob("ledger.db*"):
            path.unlink()
        for way in (self.there, self.back):
            way.state = {}
        self.deleted.clear()
        self.cleared.clear()
        for way in (self.there, self.back):
            self.run(way, alone=True)

    def may_help(self, letter: Any) -> bool:
        """Whether trying again may help: not where this API does not keep a property, and that was told."""
        return not (self.unwritable and letter.code == NOT_KEPT)
