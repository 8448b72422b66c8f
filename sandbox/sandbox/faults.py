"""Rules by which answers go wrong."""

import random
import re
from dataclasses import dataclass
from typing import Any

KINDS = (
    "status",
    "latency",
    "reset",
    "truncate",
    "html500",
    "429",
    "hang",
    "lost_answer",
    "misreport",
    "duplicate_rows",
    "stale_search",
)


@dataclass(slots=True)
class Rule:
    """One fault: which requests it meets, how often, and what it does to them."""

    do: str
    options: dict[str, Any]
    system: str | None
    method: str | None
    path: re.Pattern[str] | None
    rate: float
    left: int | None
    spared: int

    def meets(self, system: str, method: str, path: str) -> bool:
        return (
            self.left != 0
            and self.system in (None, system)
            and self.method in (None, method)
            and (self.path is None or self.path.search(path) is not None)
        )


class Faults:
    """The rules in force. Draws are repeatable: the same requests in the same order meet the same faults."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._random = random.Random(0)

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Put these rules in force instead of the old ones. Raises ValueError naming the rule that is wrong."""
        self._rules = [_rule(number, rule) for number, rule in enumerate(rules, 1)]
        self._random.seed(sum(int(rule.get("seed", 0)) for rule in rules))

    def strike(self, system: str, method: str, path: str) -> tuple[float, Rule | None]:
        """Milliseconds to wait, and the first other rule that hits this request; what hits is used up by one."""
        wait = 0.0
        for rule in self._rules:
            if rule.do == "stale_search" or not rule.meets(system, method, path):
                continue
            if rule.spared:
                rule.spared -= 1
                continue
            if rule.rate < 1 and self._random.random() >= rule.rate:
                continue
            if rule.left is not None:
                rule.left -= 1
            if rule.do != "latency":
                return wait, rule
            wait += float(rule.options.get("ms", 0))
        return wait, None

    def search_lag(self, system: str) -> float:
        """Seconds of writes that the system's search doesn't see."""
        lags = [
            r.options.get("seconds", 60) for r in self._rules if r.do == "stale_search" and r.system in (None, system)
        ]
        return float(max(lags, default=0))


def _rule(number: int, rule: dict[str, Any]) -> Rule:
    match, do = rule.get("match") or {}, str(rule.get("do"))
    if do not in KINDS:
        raise ValueError(f"rule {number}: no fault {do!r}; there are {', '.join(KINDS)}")
    unknown = set(match) - {"system", "method", "path"}
    if unknown:
        raise ValueError(f"rule {number}: can't match by {', '.join(sorted(unknown))}; only system, method, path")
    return Rule(
        do=do,
        options=rule,
        system=match.get("system"),
        method=match["method"].upper() if "method" in match else None,
        path=_pattern(number, match.get("path")),
        rate=float(rule.get("rate", 1)),
        left=rule.get("times"),
        spared=int(rule.get("after", 0)),
    )


def _pattern(number: int, text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise ValueError(f"rule {number}: path is no regular expression: {error}") from None
