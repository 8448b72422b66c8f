"""Instants and dates as ISO texts."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from mapper_crosswalk.values.unmappable import UnmappableError, called

DAY_STARTS = time(9)
SATURDAY = 5


def read_instant(value: Any, zone: tzinfo) -> datetime:
    """Read an ISO instant, date (its start in the zone) or epoch milliseconds; without offset it is UTC."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value // 1000, tz=UTC) + timedelta(milliseconds=value % 1000)
    if not isinstance(value, str):
        raise UnmappableError(f"{called(value)} is no date")
    try:
        if len(value) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(value), time(), tzinfo=zone)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UnmappableError("the text is no ISO date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_instant(moment: datetime) -> str:
    """Write an instant in UTC, with `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def utc(value: Any, zone: tzinfo) -> str:
    """Rewrite whatever says an instant in UTC."""
    return write_instant(read_instant(value, zone))


def local_date(value: Any, zone: tzinfo) -> str:
    """Return the day of an instant in the zone."""
    return read_instant(value, zone).astimezone(zone).date().isoformat()


def epoch_ms(value: Any, zone: tzinfo) -> int:
    """Return milliseconds since 1970."""
    since = read_instant(value, zone) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def add_days(value: Any, days: int, zone: tzinfo) -> str:
    """Return the same time of day in the zone, days later; a date stays a date."""
    moment = read_instant(value, zone).astimezone(zone) + timedelta(days=days)
    return moment.date().isoformat() if isinstance(value, str) and "T" not in value.upper() else write_instant(moment)


def next_working_day(value: Any, zone: tzinfo) -> str:
    """Return 09:00 of the next day from Monday to Friday, in the zone."""
    day = read_instant(value, zone).astimezone(zone).date() + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return write_instant(datetime.combine(day, DAY_STARTS, tzinfo=zone))
