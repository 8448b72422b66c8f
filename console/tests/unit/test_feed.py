"""The feed: its token, its questions, and how long a reader waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sync_console.receive.event_log import EventLog
from sync_console.receive.feed import Feed
from sync_console.receive.group_commit import GroupCommit
from sync_console.receive.webhook_events import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

EVENT = WebhookEvent("clarity", "order.created", "1", b"1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "console.db"
    EventLog(made, create=True).close()
    return made


def story(path: Path, tell: Callable[[httpx.AsyncClient, Feed, GroupCommit], Awaitable[Any]]) -> Any:
    """What the story gives, told with a feed of this log."""

    async def run() -> Any:
        commits = GroupCommit(path, keep_days=30)
        feed = Feed(path, "token", commits)
        headers = {"Authorization": "Bearer token"}
        transport = httpx.ASGITransport(feed.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers) as client:
            try:
                return await tell(client, feed, commits)
            finally:
                feed.close()
                await commits.close()

    return asyncio.run(run())


def answer(path: Path, url: str, **headers: str) -> httpx.Response:
    result: httpx.Response = story(path, lambda client, _feed, _commits: client.get(url, headers=headers))
    return result


@pytest.mark.parametrize("header", ["", "token", "Bearer", "Bearer nope", "Basic token", "Bearer tokens"])
def test_it_needs_its_token(path: Path, header: str) -> None:
    refused = answer(path, "/feed/clarity", Authorization=header)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/feed/clarity", 200),
        ("/feed/streak?after=0&wait=0.01", 200),
        ("/feed/orders", 404),
        ("/feed/clarity?after=-1", 400),
        ("/feed/clarity?after=1.5", 400),
        (f"/feed/clarity?after={'9' * 30}", 400),
        ("/feed/clarity?wait=-1", 400),
        ("/feed/clarity?wait=nan", 400),
        ("/feed/clarity?wait=", 400),
    ],
)
def test_each_question_has_its_status(path: Path, url: str, status: int) -> None:
    assert answer(path, url).status_code == status


def test_a_log_that_is_away_is_said_and_found_again(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")

    async def tell(client: httpx.AsyncClient, _feed: Feed, _commits: GroupCommit) -> list[int]:
        statuses = [(await client.get("/feed/clarity")).status_code]
        for source, target in ((path, elsewhere), (elsewhere, path)):
            await asyncio.to_thread(source.rename, target)
            statuses.append((await client.get("/feed/clarity")).status_code)
        return statuses

    assert story(path, tell) == [200, 503, 200]


def test_a_reader_that_waits_is_told_when_something_comes(path: Path) -> None:
    async def tell(client: httpx.AsyncClient, _feed: Feed, commits: GroupCommit) -> Any:
        reader = asyncio.create_task(client.get("/feed/clarity?wait=60"))
        await commits.store([WebhookEvent("streak", "BOX_EDIT", "a", b"a")])
        await commits.store([EVENT])
        return (await reader).json()["events"]

    assert [event["id"] for event in story(path, tell)] == ["1"]


def test_the_end_answers_who_waits(path: Path) -> None:
    async def tell(client: httpx.AsyncClient, feed: Feed, _commits: GroupCommit) -> Any:
        reader = asyncio.create_task(client.get("/feed/clarity?wait=60"))
        await asyncio.sleep(0)
        feed.end_waits()
        return (await reader).json()

    page = story(path, tell)
    assert (page["events"], page["gap"]) == ([], False)
