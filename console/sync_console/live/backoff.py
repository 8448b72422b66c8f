"""How long to wait before a pipeline is started again."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_SECONDS = 0.5
MOST_SECONDS = 60.0


@dataclass(slots=True)
class BackOff:
    """Waits double from half a second to a minute, with jitter; what got on begins anew."""

    ends: int = 0

    def next(self, *, got_on: bool) -> float:
        """Seconds to wait after one more end; `got_on`: the pipeline did its work before it ended."""
        self.ends = 0 if got_on else self.ends + 1
        longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.ends, 16))
        return random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
