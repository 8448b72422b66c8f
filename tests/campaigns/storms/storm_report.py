"""What a storm did, and what came of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from verdict import Verdict

HEARD = ("sent", "dropped", "duplicated")


@dataclass
class Report:
    """What was done, and what came of it."""

    seed: int
    minutes: float = 0.0
    happened: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    healed: dict[str, list[float]] = field(default_factory=dict)
    webhooks: dict[str, int] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)
    letters: int = 0
    rounds: int = 0
    loops: int = 0
    orders: int = 0
    kept: str = ""
    verdict: Verdict = field(default_factory=Verdict)
    broken: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether both sides agree, and nothing is lost, doubled or goes round and round."""
        return not self.verdict and not self.broken and not self.loops

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        astray = ", ".join(f"{self.webhooks[name]} {name}" for name in HEARD)
        went_through = sum(code == 0 for code in self.runs)
        return "\n".join(
            (
                f"{self.minutes:.1f} minutes, seed {self.seed}",
                f"{self.happened} things that people did, {self.orders} orders",
                f"{sum(self.kills.values())} blows: {kills}",
                f"back at work after {_spread([took for all_of in self.healed.values() for took in all_of])}",
                *(f"  {kind}: {_spread(took)}" for kind, took in sorted(self.healed.items())),
                f"webhooks: {astray}; scheduled runs: {went_through} of {len(self.runs)} went through",
                f"last words that nobody contradicted: {self.kept}; letters that a person tried again: {self.letters}",
                f"lost {self.verdict.lost}, doubled {self.verdict.doubled}, promises broken {len(self.broken)}",
                f"loops {self.loops}, at rest after {self.rounds} rounds",
            )
        )


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "no time measured"
    return f"{statistics.median(seconds):.1f} s in the median, {max(seconds):.1f} s at most ({len(seconds)} times)"
