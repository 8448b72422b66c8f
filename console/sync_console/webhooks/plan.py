"""What is to be done so that exactly the needed webhooks are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook, wanted or found. The address may hold a token: it is never shown."""

    url: str
    events: frozenset[str]
    scope: str = ""
    """Whose events: key of a pipeline or team."""
    place: str = ""
    """The scope in words."""
    key: str = ""
    """The vendor's name for it, empty as long as it is only wanted."""
    active: bool = True

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.events))}{self.place and f' of {self.place}'}"

    def does(self, wanted: Hook) -> bool:
        """Whether it is what is wanted, and works."""
        return self.active and replace(self, key="", place="") == replace(wanted, key="", place="")


class Side(Protocol):
    """A vendor, and what we want there."""

    def wanted(self) -> list[Hook]:
        """What must be there."""

    def found(self) -> list[Hook]:
        """What is there, everybody's."""

    def make(self, hook: Hook, before: Container[str]) -> None:
        """Register it. `before`: keys of what was there."""

    def drop(self, hook: Hook) -> None:
        """Take it away."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays, what is made, and what of ours is taken away: superseded, doubled or switched off."""

    keep: tuple[Hook, ...]
    make: tuple[Hook, ...]
    drop: tuple[Hook, ...]


def plan(side: Side, ours: str, *, renew: bool = False) -> Plan:
    """Compare; `ours` is how the addresses of our webhooks begin, others are not touched."""
    wanted, mine = side.wanted(), _ours(side, ours)
    working = [] if renew else mine
    first = [next((hook for hook in working if hook.does(one)), None) for one in wanted]
    keep = [hook for hook in first if hook]
    make = [one for one, hook in zip(wanted, first, strict=True) if hook is None]
    return Plan(tuple(keep), tuple(make), tuple(hook for hook in mine if hook not in keep))


def farewell(side: Side, ours: str) -> Plan:
    """Take away all of ours."""
    return Plan((), (), tuple(_ours(side, ours)))


def carry_out(side: Side, todo: Plan) -> Iterator[tuple[str, Hook]]:
    """Do it, and say what was done; new ones come before old ones go, so that nothing is missed between."""
    before = {hook.key for hook in (*todo.keep, *todo.drop)}
    for hook in todo.make:
        side.make(hook, before)
        yield "made", hook
    for hook in todo.drop:
        side.drop(hook)
        yield "removed", hook


def _ours(side: Side, ours: str) -> list[Hook]:
    return [hook for hook in side.found() if hook.url.startswith(ours)]
