"""What people did, on which side, and when a pipeline has carried it over."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Side = Literal["shop", "crm"]
NEVER = 1 << 62


@dataclass
class Edit:
    """One change by a person; under way from the moment it is made until its pipeline has run undisturbed."""

    side: Side
    thing: str
    name: str
    value: Any
    made: int
    carried: int = NEVER

    def meets(self, other: Edit) -> bool:
        """Whether somebody at the other side changed the same thing while this was under way, or the reverse."""
        return self.side != other.side and self.made < other.carried and other.made < self.carried


@dataclass
class Diary:
    """All edits of a world, in order."""

    now: int = 0
    edits: list[Edit] = field(default_factory=list)

    def note(self, side: Side, thing: str, name: str, value: Any) -> None:
        """Write down an edit."""
        self.now += 1
        self.edits.append(Edit(side, thing, name, value, self.now))

    def carried(self, side: Side, until: int) -> None:
        """A pipeline has run undisturbed on what its source had at `until`."""
        self.now += 1
        for edit in self.edits:
            if edit.side == side and edit.made <= until and edit.carried == NEVER:
                edit.carried = self.now

    def arrived(self, edit: Edit) -> None:
        """The other side has shown this edit for a while: it was carried, and so were those before it."""
        self.now += 1
        for one in self.edits:
            same = (one.side, one.thing, one.name) == (edit.side, edit.thing, edit.name)
            if same and one.made <= edit.made and one.carried == NEVER:
                one.carried = self.now

    def is_under_way(self, thing: str, name: str) -> bool:
        """Whether an edit of this has not been carried over."""
        return any((one.thing, one.name) == (thing, name) and one.carried == NEVER for one in self.edits)

    def last_words(self) -> Iterator[tuple[Edit, bool]]:
        """The last edit of each property, and whether it was made without a word from the other side meanwhile."""
        by_property = sorted(self.edits, key=lambda one: (one.thing, one.name))
        for _, group in groupby(by_property, key=lambda one: (one.thing, one.name)):
            edits = list(group)
            yield edits[-1], not any(edits[-1].meets(other) for other in edits)
