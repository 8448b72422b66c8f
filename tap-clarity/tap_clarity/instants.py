"""Instants as text: what the shop sends, what a bookmark holds."""

from datetime import UTC, datetime


def parse_instant(text: str) -> datetime:
    """The instant in UTC; a text without an offset is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def bookmark_text(instant: datetime) -> str:
    """UTC with microseconds and `Z`: the SDK compares bookmarks as strings, so all have one form."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def utc_text(text: str) -> str:
    """The same instant with `Z`; what ends in `Z` already stays as it is."""
    return text if text.endswith("Z") else parse_instant(text).isoformat().replace("+00:00", "Z")
