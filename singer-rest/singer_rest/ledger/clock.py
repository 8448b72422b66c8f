"""Times as the ledger stores them: milliseconds since 1970."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

MARGIN_MS = 2 * 3600 * 1000
"""So far a clock may jump: what it says about less time than this counts for nothing where a mistake would double."""
FAR = timedelta(days=1)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def instant(milliseconds: int) -> datetime:
    """A stored time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def optional_instant(milliseconds: int | None) -> datetime | None:
    """A stored time that may be absent."""
    return None if milliseconds is None else instant(milliseconds)


def is_far(moment: datetime) -> bool:
    """Whether it is more than a day ahead: a record that changed then tells nothing of when it did."""
    return datetime.fromtimestamp(time.time(), UTC) + FAR < moment
