"""How far a long read is: one log line every ten seconds."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

EVERY_SECONDS = 10.0


class Progress:
    """Counts the rows of one stream and says how far it is; silent for what takes less than ten seconds."""

    def __init__(self, logger: logging.Logger, stream: str, *, every: float = EVERY_SECONDS) -> None:
        self._logger = logger
        self._stream = stream
        self._every = every
        self._began = self._logged_at = time.monotonic()
        self._done = 0
        self._total: int | None = None

    def page(self, remaining: int | None) -> None:
        """A page has come; `remaining` rows are left, its own included."""
        self._total = None if remaining is None else self._done + remaining

    def row(self) -> None:
        """One more row is done."""
        self._done += 1
        now = time.monotonic()
        if now - self._logged_at >= self._every:
            self._logged_at = now
            self._logger.info("%s: %s", self._stream, self._line(now - self._began))

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        if self._total is None:
            return f"{self._done:,} read, {rate:,.0f} a second"
        left = timedelta(seconds=round(max(0, self._total - self._done) / rate))
        return f"{self._done:,} of {self._total:,} read, {rate:,.0f} a second, about {left} left"
