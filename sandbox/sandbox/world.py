"""The root state: both systems, their clock, their webhooks and their traffic."""

from collections.abc import Iterable
from typing import Any

from sandbox import wire
from sandbox.clarity import Clarity
from sandbox.clock import Clock
from sandbox.delivery import Delivery
from sandbox.streak import Streak
from sandbox.system import LoadError, System
from sandbox.traffic import Traffic

SEEDS = ("empty", "demo")


class World:
    """Everything that one sandbox process holds."""

    def __init__(self) -> None:
        self.changed = False
        self.clock = Clock()
        self.delivery = Delivery(self.clock)
        self.traffic = Traffic(self.touch)
        self.systems: dict[str, System] = {
            "clarity": Clarity(self.clock, self.delivery),
            "streak": Streak(self.clock, self.delivery),
        }

    def touch(self) -> None:
        """Remember that the stored state may differ from the store file."""
        self.changed = True

    def reset(self, seed: str) -> None:
        """A fresh world: no faults, limits, hooks or requests, real time. Raises ValueError for an unknown seed."""
        if seed not in SEEDS:
            raise ValueError(f"no seed {seed!r}; there are {', '.join(SEEDS)}")
        self.clock.reset()
        self.delivery.reset()
        self.traffic.reset()
        for system in self.systems.values():
            system.search_lag_seconds = 0
            system.reset(seed)
        self.touch()

    def load(self, lines: Iterable[bytes], *, events: bool) -> int:
        """Insert or replace records, one JSON object a line. Raises LoadError naming a line; those before it stay."""
        self.touch()
        self.delivery.muted = not events
        count = 0
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    self._load_line(number, line)
                    count += 1
        finally:
            self.delivery.muted = False
        return count

    def _load_line(self, number: int, line: bytes) -> None:
        try:
            row = wire.decode(line)
            system = self.systems[row["system"]]
            system.load(row["type"], row["record"])
        except LoadError as error:
            raise LoadError(f"line {number}: {error}") from None
        except (ValueError, KeyError, TypeError):
            raise LoadError(
                f'line {number}: not like {{"system": "clarity", "type": "orders", "record": {{…}}}}'
            ) from None

    def break_answers(self, rules: list[dict[str, Any]]) -> None:
        """Put fault rules in force."""
        self.traffic.faults.replace(rules)
        for name, system in self.systems.items():
            system.search_lag_seconds = self.traffic.faults.search_lag(name)

    def snapshot(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        return {name: system.snapshot() for name, system in self.systems.items()}

    def dump(self) -> dict[str, Any]:
        """All that lasts; rules, requests and deliveries under way do not."""
        return {name: system.dump() for name, system in self.systems.items()}

    def restore(self, data: dict[str, Any]) -> None:
        self.reset("empty")
        for name, system in self.systems.items():
            if name in data:
                system.restore(data[name])
        self.changed = False
