"""The log: numbers, repeated deliveries, gaps, and files that are taken away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sync_console.receive.event_log import EventLog, UnavailableError
from sync_console.receive.webhook_events import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "console.db"


@pytest.fixture
def log(path: Path) -> Iterator[EventLog]:
    with closing(EventLog(path, create=True)) as opened:
        yield opened


def event(object_id: str, source: str = "clarity", delivery: str = "") -> WebhookEvent:
    return WebhookEvent(source, "order.created", object_id, (delivery or f"{source} {object_id}").encode())


def ids(log: EventLog, source: str = "clarity", after: int = 0) -> list[str]:
    return [row["id"] for row in log.page(source, after).events]


def test_a_delivery_is_stored_once(log: EventLog) -> None:
    log.append([event("1"), event("1")])
    log.append([event("2"), event("1")])
    assert ids(log) == ["1", "2"]


def test_each_source_has_its_own_events_and_a_common_number(log: EventLog) -> None:
    log.append([event("1"), event("a", "streak")])
    page = log.page("clarity", 0)
    assert ids(log, "streak") == ["a"]
    assert page.last == page.events[0]["seq"] + 1


def test_a_page_holds_a_thousand(log: EventLog) -> None:
    log.append(event(str(number)) for number in range(1500))
    page = log.page("clarity", 0)
    assert (len(page.events), page.last) == (1000, page.events[-1]["seq"])
    assert len(log.page("clarity", page.last).events) == 500


def test_what_is_deleted_is_a_gap_for_who_has_not_read_it(log: EventLog) -> None:
    log.append([event("1"), event("2"), event("a", "streak")])
    last = log.page("clarity", 0).last
    assert not log.delete_old(before=0)
    assert not log.delete_old(before=4e9)
    assert ids(log) == []
    assert [log.page("clarity", after).gap for after in (0, last - 3, last - 1, last)] == [True, True, False, False]
    assert log.page("streak", last - 1).gap
    assert log.page("clarity", last + 5).gap


def test_old_rows_are_deleted_in_pieces(log: EventLog) -> None:
    log.append(event(str(number)) for number in range(7000))
    assert log.delete_old(before=4e9)
    assert not log.delete_old(before=4e9)


def test_a_new_log_is_a_gap_for_readers_of_a_lost_one(log: EventLog) -> None:
    end = log.page("clarity", 0).last
    assert not log.page("clarity", 0).gap
    assert not log.page("clarity", end).gap
    assert log.page("clarity", end - 1).gap


def test_a_missing_file_is_made_only_on_demand(path: Path) -> None:
    with pytest.raises(UnavailableError, match="unable to open"):
        EventLog(path)
    EventLog(path, create=True).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_stored_in_a_file_that_was_taken_away_is_not_stored(log: EventLog, path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(UnavailableError):
        log.append([event("1")])
    assert not log.usable


def test_a_locked_log_may_be_used_later(log: EventLog, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync_console.receive.event_log.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, closing(EventLog(path)) as impatient:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="locked"):
            impatient.append([event("1")])
        assert impatient.usable
        other.execute("ROLLBACK")
        impatient.append([event("1")])
    assert ids(log) == ["1"]


def test_a_log_of_a_later_version_is_left_alone(log: EventLog, path: Path) -> None:
    with closing(sqlite3.connect(path)) as later:
        later.execute("PRAGMA user_version = 7")
    with pytest.raises(UnavailableError, match="later version"):
        EventLog(path)
    assert ids(log) == []
