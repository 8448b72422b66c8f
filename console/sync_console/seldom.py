"""Log lines that strangers can cause: each at most once a minute, with how often it came."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

PAUSE_SECONDS = 60


class Seldom:
    """Warnings that don't fill the log."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said_at: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def warn(self, text: str) -> None:
        """Say it, or count it for the next time."""
        now = time.monotonic()
        if now - self._said_at.get(text, -PAUSE_SECONDS) < PAUSE_SECONDS:
            self._unsaid[text] = self._unsaid.get(text, 0) + 1
            return
        more = self._unsaid.pop(text, 0)
        self._said_at[text] = now
        self._logger.warning("%s%s", text, f" ({more} more since the last line)" if more else "")
