"""An instant without an offset is UTC, on every machine and wherever it is read."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.http import instants
from singer_rest.ledger import Content
from singer_rest.sync.insert_once import too_old
from singer_rest.sync.record import Source
from singer_rest.target.settings import date_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 5, 2, 12, 0, tzinfo=UTC)
NOON_MS = 1_777_723_200_000
NOONS = [
    "2026-05-02T12:00:00Z",
    "2026-05-02T12:00:00",
    "2026-05-02 12:00",
    "2026-05-02T12:00:00.000000+00:00",
    "2026-05-02T14:00:00+02:00",
    "2026-05-02T06:30:00-05:30",
]


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/New_York"], autouse=True)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wherever the machine is."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", NOONS)
def test_every_reader_means_the_same_instant(text: str) -> None:
    assert instants.parse_instant(text) == NOON
    assert instants.parse_instant(text).tzinfo is UTC
    assert instants.ms_of_text(text) == NOON_MS
    assert Source(updated_at=text).revision == NOON_MS
    assert date_of(text, "effects_since") == NOON


@pytest.mark.parametrize("text", NOONS)
def test_older_and_newer_do_not_depend_on_the_machine(text: str) -> None:
    def written(updated_at: str) -> Any:
        return Content("hash", {}, updated_at)

    source = Source(updated_at=text)
    assert source.newer_than(written("2026-05-02T11:59:59Z"))
    assert source.older_than(written("2026-05-02T12:00:01"))
    assert not source.newer_than(written("2026-05-02T12:00:00"))
    assert not source.older_than(written("2026-05-02T14:00:00+02:00"))


@pytest.mark.parametrize("text", NOONS)
def test_an_effect_of_before_is_too_old(text: str) -> None:
    class OfNoon:
        source = Source(date=text)

    record: Any = OfNoon()
    assert too_old(record, NOON + timedelta(milliseconds=1))
    assert not too_old(record, NOON)


def test_milliseconds_are_whole_and_exact() -> None:
    assert instants.to_ms(datetime(2026, 5, 2, 12, 0, 0, 123_999, tzinfo=UTC)) == NOON_MS + 123
    assert instants.to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)) == -1
    assert instants.to_ms(NOON.astimezone(timezone(timedelta(hours=-7)))) == NOON_MS
    assert instants.to_ms(datetime(2026, 5, 2, 12)) == NOON_MS  # noqa: DTZ001 - without an offset on purpose
    assert instants.from_ms(NOON_MS + 7) == NOON + timedelta(milliseconds=7)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        instants.parse_instant(text)
    assert instants.ms_of_text(text) is None
    assert Source(updated_at=text).revision is None


@pytest.mark.parametrize("other", [None, 5, NOON, {}])
def test_what_is_no_text(other: Any) -> None:
    assert instants.ms_of_text(other) is None


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (NOON_MS, "2026-05-02T12:00:00.000Z"),
        (NOON_MS + 7, "2026-05-02T12:00:00.007Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (0, None),
        (-1, None),
        (10**18, None),
    ],
)
def test_iso_text(milliseconds: int, text: str | None) -> None:
    assert instants.iso_text(milliseconds) == text


def test_bookmarks_have_one_form() -> None:
    assert instants.bookmark_text(NOON.astimezone(timezone(timedelta(hours=2)))) == "2026-05-02T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-02T11:59:60Z", NOON),  # a leap second is the second after it
        ("2026-05-02T13:59:60+02:00", NOON),
        ("2026-05-02 11:59:60.000", NOON),
        ("2026-05-01T24:00:00Z", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-05-01T24:00", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_no_clock_shows_is_an_instant_too(text: str, instant: datetime) -> None:
    assert instants.parse_instant(text) == instant
    assert instants.instant_of(text) == instant
    assert datetime.fromisoformat(instants.utc_text(text)) == instant


@pytest.mark.parametrize(
    "odd",
    [
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+05:00",
        "0000-00-00T00:00:00Z",
        "2026-05-02T11:60:00Z",
        "2026-05-02T11:59:61Z",
        "2026-05-02T24:00:01Z",
        "2026-05-02T25:00:00Z",
        "2026-02-30T00:00:00Z",
        "yesterday",
        "",
        "1777723200000",
        "60",
        5,
        None,
        [],
        1.5,
    ],
)
def test_what_is_no_instant_is_none(odd: Any) -> None:
    assert instants.instant_of(odd) is None
    assert instants.ms_of_text(odd) is None


def test_before_the_first_instant_there_is_none() -> None:
    assert instants.earlier(NOON, 60) == NOON - timedelta(seconds=60)
    assert instants.earlier(instants.FIRST, 60) == instants.FIRST
    assert instants.parse_instant(instants.bookmark_text(instants.FIRST)) == instants.FIRST


def test_utc_text() -> None:
    assert instants.utc_text("2026-05-02T12:00:00Z") == "2026-05-02T12:00:00Z"
    assert instants.utc_text("2026-05-02T14:00:00+02:00") == "2026-05-02T12:00:00Z"
    assert instants.utc_text("2026-05-02T12:00:00") == "2026-05-02T12:00:00Z"
