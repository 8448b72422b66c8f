"""The feed: stored events in the order of their numbers, for readers that may wait for more (long poll)."""

import asyncio
import hmac
import logging
import math
import re
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from singer_rest import LogThrottle
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync_console.receive.event_log import EventLog, LogThread, Page, UnavailableError
from sync_console.receive.group_commit import GroupCommit

LOGGER = logging.getLogger(__name__)
SOURCES = ("clarity", "streak")
MAX_WAIT_SECONDS = 60
NUMBER = re.compile(r"[0-9]{1,18}")
RETRY_AFTER = {"Retry-After": "5"}


class Feed:
    """The app that taps read; one thread reads the log for all of them, with a connection of its own."""

    def __init__(self, path: Path, token: str, commits: GroupCommit) -> None:
        self._log = LogThread(path, "feed")
        self._token = token.encode()
        self._commits = commits
        self._closing = False
        self._troubles = LogThrottle(LOGGER)

    def app(self) -> Starlette:
        """The route."""
        app = Starlette(routes=[Route("/feed/{source}", self._answer, methods=["GET"])])
        app.router.redirect_slashes = False
        return app

    def end_waits(self) -> None:
        """Answer readers that wait now, as the program ends."""
        self._closing = True
        self._commits.wake_readers()

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    async def _answer(self, request: Request) -> Response:
        self._check_token(request.headers.get("authorization", ""))
        source = request.path_params["source"]
        if source not in SOURCES:
            raise HTTPException(404)
        after, wait = _number(request, "after"), _seconds(request)
        try:
            page = await self._page(source, after, wait)
        except UnavailableError as error:
            self._troubles.warning(f"The feed can't be read: {error}")
            raise HTTPException(503, headers=RETRY_AFTER) from None
        return Response(msgspec.json.encode(page), media_type="application/json")

    def _check_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    async def _page(self, source: str, after: int, wait: float) -> Page:
        until = time.monotonic() + wait
        while True:
            news = self._commits.news
            page = await self._log.call(EventLog.page, source, after)
            left = until - time.monotonic()
            if page.events or page.gap or left <= 0 or self._closing:
                return page
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), left)


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
    return min(seconds, MAX_WAIT_SECONDS)
