"""Asking whether the credentials are alive, once for all lanes that want to know at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Probe:
    """Calls `ask`, unless somebody's question that began later than ours was answered well."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._answered_at = 0.0

    def __call__(self) -> None:
        """Ask. Whatever `ask` raises is raised."""
        wanted_at = time.monotonic()
        with self._lock:
            if self._answered_at > wanted_at:
                return
            began = time.monotonic()
            self._ask()
            self._answered_at = began
