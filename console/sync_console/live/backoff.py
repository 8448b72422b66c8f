"""How long a pipeline waits before it is started again."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_SECONDS = 0.5
MAX_SECONDS = 60.0


@dataclass(slots=True)
class Backoff:
    """Waits that double from half a second to a minute, with jitter; after a run that worked they begin anew."""

    failures: int = 0

    def next(self, *, worked: bool) -> float:
        """Seconds to wait after a run has ended; `worked`: it did its work before."""
        self.failures = 0 if worked else self.failures + 1
        longest = min(MAX_SECONDS, FIRST_SECONDS * 2.0 ** min(self.failures, 16))
        return random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
