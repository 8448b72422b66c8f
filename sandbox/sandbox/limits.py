"""How many requests a second each API takes, and how long it thinks about one."""

import math
import time
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Bucket:
    """Tokens for `rps` requests, refilled at `rps` a second of real time."""

    rps: float
    tokens: float
    filled_at: float

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.rps, self.tokens + (now - self.filled_at) * self.rps)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    @property
    def retry_after(self) -> int:
        """Whole seconds until there is a token again."""
        return max(1, math.ceil((1 - self.tokens) / self.rps))


class Limits:
    """The limits in force, by system."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.latency_ms: dict[str, float] = {}

    def replace(self, settings: dict[str, Any]) -> None:
        """Take `{"streak": {"rps": 10, "latency_ms": 5}, "clarity": {…}, "latency_ms": 20}`; absent: no limit."""
        both = float(settings.get("latency_ms", 0))
        own = {name: settings.get(name) or {} for name in ("clarity", "streak")}
        rates = {name: float(limit["rps"]) for name, limit in own.items() if limit.get("rps")}
        if any(rps < 1 for rps in rates.values()):
            raise ValueError("rps below 1 would never let a request pass")
        self.buckets = {name: Bucket(rps, rps, time.monotonic()) for name, rps in rates.items()}
        self.latency_ms = {name: float(limit.get("latency_ms", both)) for name, limit in own.items()}
