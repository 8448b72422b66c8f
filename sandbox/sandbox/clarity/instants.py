"""Instants as the shop reads and writes them."""

from datetime import UTC, datetime

from sandbox.clock import instant


def micros(text: str) -> int:
    """ISO 8601 to microseconds since the epoch; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    span = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def iso(ms: int) -> str:
    """Milliseconds since the epoch as `2026-05-02T14:03:11.250Z`."""
    return f"{instant(ms).isoformat(timespec='milliseconds')[:-6]}Z"
