"""Log lines that could come again and again: once in a run, once a minute, every ten seconds of a long read."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from datetime import timedelta
from threading import Lock
from typing import ClassVar

EVERY_SECONDS = 10.0


class LogOnce:
    """Logs a line once in a run; `about` tells apart what reads the same, as two masked addresses may."""

    pause_seconds: ClassVar[float] = math.inf

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._logged_at: dict[tuple[str, str], float] = {}
        self._held_back: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def warning(self, message: str, *, about: str = "") -> None:
        """Log a warning unless it has been logged."""
        self._log(logging.WARNING, message, about)

    def info(self, message: str, *, about: str = "") -> None:
        """Log a line unless it has been logged."""
        self._log(logging.INFO, message, about)

    def _log(self, level: int, message: str, about: str) -> None:
        line, now = (message, about), time.monotonic()
        with self._lock:
            if now - self._logged_at.get(line, -math.inf) < self.pause_seconds:
                self._held_back[line] += 1
                return
            self._logged_at[line], more = now, self._held_back.pop(line, 0)
        self._logger.log(level, "%s%s", message, f" ({more} more since the last line)" if more else "")


class LogThrottle(LogOnce):
    """Logs a line at most once a minute, with how often it came since: lines that strangers can cause."""

    pause_seconds = 60


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
