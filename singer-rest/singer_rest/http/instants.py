"""Instants: ISO 8601 texts and milliseconds since the epoch. A text without an offset is UTC, always."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# what ISO 8601 allows and no clock shows: a leap second, and the midnight that ends a day
LEAP_SECOND = re.compile(r"(.{10}[T ]\d\d:\d\d:)60(?!\d)")
END_OF_DAY = re.compile(r"(.{10}[T ])24(:00(?::00(?:\.0+)?)?)(?![\d:.])")


def parse_instant(text: str) -> datetime:
    """The instant of an ISO 8601 text, in UTC. Raises ValueError, also for one outside of the years 1 to 9999.

    A leap second is the second after it.
    """
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        return _carried(text)


def _carried(text: str) -> datetime:
    seconds, leaps = LEAP_SECOND.subn(r"\g<1>59", text, count=1)
    days, ends = END_OF_DAY.subn(r"\g<1>00\2", seconds, count=1)
    if not leaps and not ends:
        raise ValueError(f"no instant: {text!r}")
    try:
        return in_utc(datetime.fromisoformat(days)) + timedelta(days=ends, seconds=leaps)
    except OverflowError:
        raise ValueError(f"no year from 1 to 9999: {text!r}") from None


def instant_of(value: object) -> datetime | None:
    """The instant of an ISO 8601 text, in UTC; None for anything else."""
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def earlier(instant: datetime, seconds: float) -> datetime:
    """The instant so many seconds before, or the first one that there is."""
    return instant - timedelta(seconds=min(seconds, (instant - FIRST).total_seconds()))


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
    instant = instant_of(text)
    return None if instant is None else (instant - EPOCH) // MILLISECOND


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
    return in_utc(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def utc_text(text: str) -> str:
    """The same instant with `Z`; one that a clock shows and that ends in `Z` stays as it is. Raises ValueError."""
    plain = text.endswith("Z") and text[17:19] != "60" and text[11:13] != "24"
    return text if plain else parse_instant(text).isoformat().replace("+00:00", "Z")
