"""Worlds in which Streak does otherwise than assumed: each bends a few of the sandbox's switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import Team
from promises import out_of_reach
from sandbox.streak.settings import CHOICES, DEFAULTS
from two_way_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import Session
    from sandbox.testing import Sandbox

MOST_BENDS = 3
Bends = dict[str, Any]


def offered() -> list[tuple[str, Any]]:
    """Every switch of the sandbox with every value that it does not have at first."""
    return [(name, value) for name, values in CHOICES.items() for value in values if value != DEFAULTS[name]]


def bend(sandbox: Sandbox, session: Session, bends: Bends) -> None:
    """Set switches; raises where the sandbox refuses one."""
    session.post(f"{sandbox.streak_origin}/_sandbox/streak", json=bends, timeout=10).raise_for_status()


class StraightTeam(Team):
    """People use Streak's own program, which no bend of the API concerns."""

    bends: Bends

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
        self.say(f"bent: {self.bends}")

    def broken(self) -> Iterator[str]:
        """What holds anywhere; of what this API does not take, that it is told."""
        lost = out_of_reach(self.bends)
        self.diary.edits = [edit for edit in self.diary.edits if edit.name not in lost]
        yield from super().broken()
