"""Instants: ISO 8601 texts and milliseconds since the epoch. A text without an offset is UTC, always."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def parse_instant(text: str) -> datetime:
    """The instant of an ISO 8601 text, in UTC. Raises ValueError, also for one outside of the years 1 to 9999."""
    return in_utc(datetime.fromisoformat(text))


def in_utc(instant: datetime) -> datetime:
    """The instant in UTC; without an offset it is one already. Raises ValueError outside of the years 1 to 9999."""
    try:
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"no year from 1 to 9999: {instant}") from None


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since the epoch."""
    return (in_utc(instant) - EPOCH) // MILLISECOND


def ms_of_text(text: object) -> int | None:
    """Whole milliseconds since the epoch of an ISO 8601 text; None for anything else."""
    try:
        return to_ms(parse_instant(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def from_ms(milliseconds: int) -> datetime:
    """The instant in UTC. Raises OverflowError outside of the years 1 to 9999."""
    return EPOCH + milliseconds * MILLISECOND


def iso_text(milliseconds: int) -> str | None:
    """UTC with milliseconds and `Z`, always of one form; None for 0, less, and what is no date."""
    if milliseconds <= 0:
        return None
    try:
        instant = from_ms(milliseconds)
    except OverflowError:
        return None
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def bookmark_text(instant: datetime) -> str:
    """UTC with microseconds and `Z`: the SDK compares bookmarks as texts, so all have one form."""
    return f"{in_utc(instant):%Y-%m-%dT%H:%M:%S.%fZ}"


def utc_text(text: str) -> str:
    """The same instant with `Z`; a text that ends in `Z` stays as it is. Raises ValueError."""
    return text if text.endswith("Z") else parse_instant(text).isoformat().replace("+00:00", "Z")
