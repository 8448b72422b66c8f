"""Log lines that could come again and again: once in a run, or once a minute."""

from __future__ import annotations

import logging
import time
from threading import Lock

PAUSE_SECONDS = 60


class LogOnce:
    """Logs a line once in a run; `about` tells apart what reads the same, as two masked addresses may."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._logged: set[tuple[str, str]] = set()
        self._lock = Lock()

    def warning(self, message: str, *, about: str = "") -> None:
        """Log a warning unless it has been logged."""
        self._log(logging.WARNING, message, about)

    def info(self, message: str, *, about: str = "") -> None:
        """Log a line unless it has been logged."""
        self._log(logging.INFO, message, about)

    def _log(self, level: int, message: str, about: str) -> None:
        with self._lock:
            is_new = (message, about) not in self._logged
            self._logged.add((message, about))
        if is_new:
            self._logger.log(level, "%s", message)


class LogThrottle:
    """Logs a warning at most once a minute, with how often it came since: lines that strangers can cause."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._logged_at: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def warning(self, message: str) -> None:
        """Log it, or count it for the next time."""
        now = time.monotonic()
        if now - self._logged_at.get(message, -PAUSE_SECONDS) < PAUSE_SECONDS:
            self._held_back[message] = self._held_back.get(message, 0) + 1
            return
        more = self._held_back.pop(message, 0)
        self._logged_at[message] = now
        self._logger.warning("%s%s", message, f" ({more} more since the last line)" if more else "")
