"""Instants as Streak gives them: milliseconds since the epoch."""

from typing import Any


def ms_of(value: Any) -> int:
    """A timestamp of Streak as milliseconds; 0 for one that is missing or none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
