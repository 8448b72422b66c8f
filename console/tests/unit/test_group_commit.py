"""Group commit: together, in order, refused as a whole, and at an end nothing is left waiting."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from sync_console.receive import group_commit
from sync_console.receive.event_log import EventLog, UnavailableError
from sync_console.receive.group_commit import GroupCommit
from sync_console.receive.webhook_events import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "console.db"
    EventLog(made, create=True).close()
    return made


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[GroupCommit]:
    commits = GroupCommit(path, keep_days=30)
    try:
        yield commits
    finally:
        await commits.close()


def event(number: int) -> WebhookEvent:
    return WebhookEvent("clarity", "order.created", str(number), str(number).encode())


def stored(path: Path) -> list[str]:
    log = EventLog(path)
    ids = [row["id"] for row in log.page("clarity", 0).events]
    log.close()
    return ids


def test_deliveries_are_stored_in_the_order_in_which_they_came(path: Path) -> None:
    async def story() -> None:
        async with running(path) as commits:
            await asyncio.gather(*(commits.store([event(number)]) for number in range(600)))

    asyncio.run(story())
    assert stored(path) == [str(number) for number in range(600)]


def test_what_waits_at_the_end_is_stored(path: Path) -> None:
    async def story() -> None:
        async with running(path) as commits:
            waiting = asyncio.gather(*(commits.store([event(number)]) for number in range(600)))
            await asyncio.sleep(0)
        await waiting

    asyncio.run(story())
    assert len(stored(path)) == 600


def test_who_waits_for_news_is_woken_by_a_commit(path: Path) -> None:
    async def story() -> None:
        async with running(path) as commits:
            news = commits.news
            assert not news.is_set()
            await commits.store([event(1)])
            await asyncio.wait_for(news.wait(), 60)
            assert not commits.news.is_set()

    asyncio.run(story())


def move(path: Path, new: Path) -> None:
    path.rename(new)


def test_trouble_is_logged_once_and_its_end_too(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = path.with_name("elsewhere")

    async def story() -> None:
        async with running(path) as commits:
            await commits.store([event(0)])
            move(path, elsewhere)
            for number in (1, 2):
                with pytest.raises(UnavailableError):
                    await commits.store([event(number)])
            move(elsewhere, path)
            await commits.store([event(1)])

    with caplog.at_level(logging.INFO):
        asyncio.run(story())
    levels = [line.levelname for line in caplog.records if line.message.startswith("Deliveries ")]
    assert levels == ["ERROR", "INFO"]
    assert stored(path) == ["0", "1"]


def test_a_disk_that_takes_too_long_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0)

    async def story() -> None:
        async with running(path) as commits:
            with pytest.raises(UnavailableError, match="takes too long"):
                await commits.store([event(1)])

    asyncio.run(story())


def test_too_many_deliveries_are_refused_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)

    async def story() -> None:
        async with running(path) as commits:
            results = await asyncio.gather(
                *(commits.store([event(number)]) for number in range(5)), return_exceptions=True
            )
        assert [type(result) for result in results] == [type(None)] * 3 + [UnavailableError] * 2

    asyncio.run(story())
    assert stored(path) == ["0", "1", "2"]
