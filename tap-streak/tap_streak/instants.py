"""Instants: milliseconds since the epoch at Streak, ISO 8601 in records and bookmarks."""

from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> datetime:
    """The instant in UTC; a text without an offset is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since the epoch."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def ms_of(value: Any) -> int:
    """A timestamp of Streak as milliseconds; 0 for one that is missing or none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def iso_text(value: int) -> str | None:
    """UTC with milliseconds and `Z`, always of one form; None for what is no date, such as the -1 of a task."""
    if value <= 0:
        return None
    try:
        instant = EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value % 1000:03}Z"


def iso_value(value: Any) -> Any:
    """A timestamp as ISO 8601; what is no number stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return iso_text(value)
