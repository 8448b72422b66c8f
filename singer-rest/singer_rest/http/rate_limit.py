"""One limit of requests per second, shared by all lanes."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition

# A request's way to the server varies; this share is left free so that the server sees no more than the limit either.
MARGIN = 0.015
BURST_MARGIN = 0.05


class RateLimit:
    """Lets calls pass: never more than `requests_per_second` in any second, and that many when asked.

    They are paced evenly, or with `burst` those of a second may pass at once, so that a few calls never wait.
    """

    def __init__(self, requests_per_second: float, *, burst: bool = False) -> None:
        if requests_per_second <= 0:
            msg = "requests_per_second must be above 0"
            raise ValueError(msg)
        interval = (1 + (BURST_MARGIN if burst else MARGIN)) / requests_per_second
        self._passed: deque[float] = deque(maxlen=max(1, int(requests_per_second)))
        self._window = interval * max(1, int(requests_per_second))
        self._interval = 0.0 if burst else interval
        self._slot = 0.0
        self._paused_until = 0.0
        self._turn = Condition()
        self._taken = False
        self._stopped = False

    def acquire(self) -> float:
        """Wait for a turn; gives the seconds waited."""
        began = time.monotonic()
        with self._turn:
            queued = self._taken
            self._turn.wait_for(lambda: not self._taken or self._stopped)
            self._taken = True
            try:
                self._wait_for_slot(waited=queued)
            finally:
                self._taken = False
                self._turn.notify()
        return time.monotonic() - began

    def pause_until(self, instant: float) -> None:
        """No call passes before `instant` (of `time.monotonic()`); the latest of several holds."""
        with self._turn:
            self._paused_until = max(self._paused_until, instant)
            self._turn.notify_all()

    def stop(self) -> None:
        """Let everyone pass at once: the run is ending, and what waits here would only delay it."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def _wait_for_slot(self, *, waited: bool) -> None:
        while not self._stopped and (wait := self._next() - time.monotonic()) > 0:
            waited = True
            self._turn.wait(wait)
        now, due = time.monotonic(), self._next()
        # who waited and woke late does not make the next ones late; who was idle saved nothing up
        self._slot = (due if waited or now - due < self._interval else now) + self._interval
        self._passed.append(now)

    def _next(self) -> float:
        full = len(self._passed) == self._passed.maxlen
        return max(self._slot, self._paused_until, self._passed[0] + self._window if full else 0.0)
