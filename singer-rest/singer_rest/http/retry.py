"""Which fault is worth another try, and how long to wait for it."""

from __future__ import annotations

from dataclasses import dataclass

import backoff

from singer_rest.http.answers import Fault

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
SHORTEST_PAUSE = 1.0
BRIEFLY = 3


@dataclass(slots=True)
class Patience:
    """How long one host is asked again: briefly while it never answered, for `retry_seconds` once it has."""

    retry_seconds: float
    longest_pause: float = 0.0
    """An asked-for pause (`Retry-After`) that is waited for even if it ends later than `retry_seconds`."""
    reached: bool = False
    """It has answered anything."""
    answered: bool = False
    """It has answered well."""

    def next_wait(self, fault: Fault, tries: int, left: float) -> float | None:
        """Seconds to wait after `tries` tries, the last of which met this fault; None when there is no other.

        `left`: seconds until the retries of this call end.
        """
        if left <= 0 or not (fault.connected or self.reached) or (fault.odd and not self.answered and tries >= BRIEFLY):
            return None
        wait = fault.retry_after
        if wait is None or (tries > 1 and not wait):
            wait = float(backoff.full_jitter(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (tries - 1))))
            return min(left, max(wait, SHORTEST_PAUSE) if fault.pause else wait)
        return wait if wait <= max(left, self.longest_pause) else None
