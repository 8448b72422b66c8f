"""What came of worlds, in numbers and in broken promises."""

from __future__ import annotations

from dataclasses import dataclass, field

LOOP = 1.5
KEPT = 0.99


@dataclass
class Tally:
    """Counts of one world or of many; updates are what pipelines changed, creates what they made."""

    worlds: int = 0
    edits: int = 0
    updates: int = 0
    creates: int = 0
    runs: int = 0
    bad_runs: int = 0
    kills: int = 0
    collisions: int = 0
    conflicts: int = 0
    alone: int = 0
    kept: int = 0
    loops: int = 0
    rounds: int = 0
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take over another's counts."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def writes_per_edit(self) -> float:
        """How often pipelines changed something for each thing that a person did."""
        return self.updates / max(1, self.edits)

    @property
    def kept_share(self) -> float:
        """How many of the last words that nobody contradicted are there at the end."""
        return self.kept / max(1, self.alone)

    @property
    def wrong(self) -> list[str]:
        """Each broken promise, and each last word that is not there."""
        return [*self.broken, *self.lost]

    @property
    def is_good(self) -> bool:
        """Whether every promise holds."""
        return not self.broken and not self.loops and self.writes_per_edit < LOOP and self.kept_share >= KEPT

    def __str__(self) -> str:
        return "; ".join(
            (
                f"{self.worlds:,} worlds, {self.edits:,} edits by people",
                f"{self.runs:,} runs, {self.bad_runs:,} of them went wrong, {self.kills:,} by a kill",
                f"{self.updates:,} updates = {self.writes_per_edit:.2f} per edit, {self.creates:,} creates",
                f"{self.loops} loops, at rest after {self.rounds / max(1, self.worlds):.1f} rounds",
                f"{self.kept:,} of {self.alone:,} uncontradicted last words kept ({self.kept_share:.2%})",
                f"{self.collisions:,} collisions, {self.conflicts:,} conflicts recorded",
                f"{len(self.broken)} promises broken",
            )
        )
