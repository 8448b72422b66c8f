"""Instants and dates: without an offset they are UTC, wherever the mapper runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from mapper_crosswalk.types.kinds import of, read_literal
from mapper_crosswalk.values.dates import add_days, epoch_ms, local_date, next_working_day, utc
from mapper_crosswalk.values.unmappable import UnmappableError

if TYPE_CHECKING:
    from collections.abc import Iterator

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles"], autouse=True)
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of the machine, which no value may depend on."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


INSTANTS: list[tuple[Any, str]] = [
    ("2026-05-01T09:00:00", "2026-05-01T09:00:00Z"),
    ("2026-05-01T09:00:00Z", "2026-05-01T09:00:00Z"),
    ("2026-05-01T09:00:00+02:00", "2026-05-01T07:00:00Z"),
    ("2026-05-01 09:00", "2026-05-01T09:00:00Z"),
    ("2026-05-01T09:00:00.123456", "2026-05-01T09:00:00.123456Z"),
    ("2026-05-01", "2026-04-30T22:00:00Z"),
    ("2026-01-01", "2025-12-31T23:00:00Z"),
    (0, "1970-01-01T00:00:00Z"),
    (1714572191123, "2024-05-01T14:03:11.123000Z"),
    (-1, "1969-12-31T23:59:59.999000Z"),
]


@pytest.mark.parametrize(("value", "instant"), INSTANTS)
def test_an_instant_is_written_in_utc(value: Any, instant: str) -> None:
    assert utc(value, BERLIN) == instant


@pytest.mark.parametrize("value", ["soon", "2026-02-30", "", None, True, 1.5, []])
def test_what_is_no_date_is_unmappable(value: Any) -> None:
    with pytest.raises(UnmappableError):
        utc(value, BERLIN)


def test_days_and_working_hours_are_those_of_the_mapping() -> None:
    late = "2026-05-01T22:30:00"  # in Berlin already Saturday
    assert local_date(late, BERLIN) == "2026-05-02"
    assert next_working_day(late, BERLIN) == "2026-05-04T07:00:00Z"
    assert next_working_day("2026-05-01", BERLIN) == "2026-05-04T07:00:00Z"
    assert add_days("2026-05-01", 3, BERLIN) == "2026-05-04"
    assert (
        add_days("2026-03-28T08:00:00", 1, BERLIN) == "2026-03-29T07:00:00Z"
    )  # nine o'clock, before and after the change
    assert epoch_ms("1970-01-02T00:00:00", BERLIN) == 86_400_000


def test_literals_of_conditions_are_read_in_the_same_way() -> None:
    assert read_literal("2026-05-01T09:00:00", of("instant"), BERLIN) == ("2026-05-01T09:00:00", None)
    assert read_literal("2026-05-01", of("date"), BERLIN) == ("2026-05-01", None)
    assert read_literal("soon", of("instant"), BERLIN) == (None, "is instant, 'soon' is not")
