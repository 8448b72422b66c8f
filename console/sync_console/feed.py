"""The feed: what was stored, in order, for readers that wait for more."""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from sync_console.event_log import EventLog, UnavailableError
from sync_console.seldom import Seldom

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from sync_console.event_log import Page
    from sync_console.group_commit import GroupCommit

LOGGER = logging.getLogger(__name__)
SOURCES = ("clarity", "streak")
MOST_SECONDS = 60
NUMBER = re.compile(r"[0-9]{1,18}")
RETRY_AFTER = {"Retry-After": "5"}


class Feed:
    """Answers readers; one thread reads for all, with a connection of its own."""

    def __init__(self, path: Path, token: str, commits: GroupCommit) -> None:
        self._path = path
        self._token = token.encode()
        self._commits = commits
        self._log: EventLog | None = None
        self._reader = ThreadPoolExecutor(1, "feed")
        self._closing = asyncio.Event()
        self._troubles = Seldom(LOGGER)

    def app(self) -> Starlette:
        """The route."""
        app = Starlette(routes=[Route("/feed/{source}", self._answer, methods=["GET"])])
        app.router.redirect_slashes = False
        return app

    def end_waits(self) -> None:
        """Answer readers that wait now, as the program ends."""
        self._closing.set()

    def close(self) -> None:
        """Let go of the log."""
        self._reader.submit(self._forget_log)
        self._reader.shutdown()

    async def _answer(self, request: Request) -> Response:
        self._check_token(request.headers.get("authorization", ""))
        source = request.path_params["source"]
        if source not in SOURCES:
            raise HTTPException(404)
        after, wait = _number(request, "after"), _seconds(request)
        try:
            page = await self._page(source, after, wait)
        except UnavailableError as error:
            self._troubles.warn(f"The feed can't be read: {error}")
            raise HTTPException(503, headers=RETRY_AFTER) from None
        told = {"events": page.events, "last": page.last, "gap": page.gap}
        return Response(msgspec.json.encode(told), media_type="application/json")

    def _check_token(self, header: str) -> None:
        scheme, _, given = header.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    async def _page(self, source: str, after: int, wait: float) -> Page:
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while True:
            news = self._commits.news
            page = await loop.run_in_executor(self._reader, self._read, source, after)
            left = until - loop.time()
            if page.events or page.gap or left <= 0 or self._closing.is_set():
                return page
            await _first_of(news, self._closing, left)

    def _read(self, source: str, after: int) -> Page:
        if self._log:
            try:
                return self._log.page(source, after)
            except UnavailableError:  # perhaps another file is in its place
                self._forget_log()
        self._log = EventLog(self._path)
        return self._log.page(source, after)

    def _forget_log(self) -> None:
        if self._log:
            self._log.close()
            self._log = None


async def _first_of(news: asyncio.Event, closing: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in (news, closing)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not NUMBER.fullmatch(text):
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)


def _seconds(request: Request) -> float:
    try:
        seconds = float(request.query_params.get("wait", "0"))
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise HTTPException(400, "wait must be a number of seconds")
    return min(seconds, MOST_SECONDS)
