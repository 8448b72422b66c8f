"""The routes that vendors post to: verify, store, answer 200. Nothing else happens in a request."""

from __future__ import annotations

import hmac
import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from sync_console.event_log import UnavailableError
from sync_console.notices import UnreadableError, from_clarity, from_streak
from sync_console.seldom import Seldom
from sync_console.signatures import ForgedError, verified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from sync_console.group_commit import GroupCommit
    from sync_console.notices import Notice

LOGGER = logging.getLogger(__name__)
MOST_BYTES = 1024 * 1024
RETRY_AFTER = {"Retry-After": "10"}
STREAK_EVENT = re.compile(r"[A-Z][A-Z_]{0,63}")
TOKEN_HEADER = "x-streak-webhook-token"  # noqa: S105  # a header's name


@dataclass(frozen=True, slots=True)
class Senders:
    """Who may post: the name and the keys of the shop, the tokens of Streak."""

    clarity_hook: str
    clarity_keys: Sequence[bytes]
    streak_tokens: Sequence[str]


class Hooks:
    """Takes in webhooks."""

    def __init__(self, senders: Senders, commits: GroupCommit) -> None:
        self._senders = senders
        self._commits = commits
        self._refusals = Seldom(LOGGER)

    def app(self) -> Starlette:
        """The routes; a redirect would be followed with the body by nobody."""
        app = Starlette(
            routes=[
                Route("/hooks/clarity/{name}", self._clarity, methods=["POST"]),
                Route("/hooks/streak/{token}/{event}", self._streak, methods=["POST"]),
            ],
            exception_handlers={ClientDisconnect: _gone},
        )
        app.router.redirect_slashes = False
        return app

    async def _clarity(self, request: Request) -> Response:
        if request.path_params["name"] != self._senders.clarity_hook or not self._senders.clarity_keys:
            raise HTTPException(404)
        body = await _body(request)
        try:
            message_id = verified(self._senders.clarity_keys, request.headers, body, time.time())
            notices = from_clarity(body, message_id)
        except (ForgedError, UnreadableError) as error:
            raise self._refusal("clarity", error) from None
        return await self._store("clarity", notices)

    async def _streak(self, request: Request) -> Response:
        given = [request.path_params["token"], *request.headers.getlist(TOKEN_HEADER)]
        if not all(self._is_token(token) for token in given):
            raise self._refusal("streak", ForgedError("a wrong token"))
        if not STREAK_EVENT.fullmatch(request.path_params["event"]):
            raise HTTPException(404)
        body = await _body(request)
        try:
            notices = from_streak(body, request.path_params["event"])
        except UnreadableError as error:
            raise self._refusal("streak", error) from None
        return await self._store("streak", notices)

    def _is_token(self, given: str) -> bool:
        text = given.encode(errors="replace")
        return any(hmac.compare_digest(text, token.encode()) for token in self._senders.streak_tokens)

    def _refusal(self, source: str, error: ForgedError | UnreadableError) -> HTTPException:
        self._refusals.warn(f"A webhook of {source} was refused: {error}")
        return HTTPException(401 if isinstance(error, ForgedError) else 400)

    async def _store(self, source: str, notices: Sequence[Notice]) -> Response:
        if not notices:
            self._refusals.warn(f"A webhook of {source} named no object and was left aside")
            return Response()
        try:
            await self._commits.store(notices)
        except UnavailableError:
            raise HTTPException(503, headers=RETRY_AFTER) from None
        return Response()


async def _body(request: Request) -> bytes:
    """Read all; what is too large is read too but not kept, as its sender listens only when it has sent all."""
    read = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MOST_BYTES:
            read += chunk
    if size > MOST_BYTES:
        raise HTTPException(413)
    return bytes(read)


async def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)
