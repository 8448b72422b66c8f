"""The routes that vendors post to: verify, store, answer 200. Nothing else happens in a request."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from singer_rest import LogThrottle
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sync_console.receive.event_log import UnavailableError
from sync_console.receive.group_commit import GroupCommit
from sync_console.receive.signatures import ForgedError
from sync_console.receive.trusted_senders import TrustedSenders
from sync_console.receive.webhook_events import UnreadableError, WebhookEvent, from_clarity, from_streak

LOGGER = logging.getLogger(__name__)
MAX_BODY_BYTES = 1024 * 1024
RETRY_AFTER = {"Retry-After": "10"}
STREAK_EVENT = re.compile(r"[A-Z][A-Z_]{0,63}")
TOKEN_HEADER = "x-streak-webhook-token"  # noqa: S105  # a header's name


class Hooks:
    """The app that vendors post to."""

    def __init__(self, senders: TrustedSenders, commits: GroupCommit) -> None:
        self._senders = senders
        self._commits = commits
        self._refusals = LogThrottle(LOGGER)

    def app(self) -> Starlette:
        """The routes; without redirects, which vendors don't follow with a body."""
        app = Starlette(
            routes=[
                Route("/hooks/clarity/{name}", self._clarity, methods=["POST"]),
                Route("/hooks/streak/{token}/{event}", self._streak, methods=["POST"]),
            ],
            exception_handlers={ClientDisconnect: _disconnected},
        )
        app.router.redirect_slashes = False
        return app

    async def _clarity(self, request: Request) -> Response:
        if request.path_params["name"] != self._senders.clarity_hook or not self._senders.clarity_keys:
            raise HTTPException(404)
        body = await _body(request)
        with self._refusing("clarity"):
            message_id = self._senders.verified_id(request.headers, body)
            events = from_clarity(body, message_id, self._senders.clarity_webhooks)
        return await self._store("clarity", events)

    async def _streak(self, request: Request) -> Response:
        with self._refusing("streak"):
            self._senders.check_tokens([request.path_params["token"], *request.headers.getlist(TOKEN_HEADER)])
        event_type = request.path_params["event"]
        if not STREAK_EVENT.fullmatch(event_type):
            raise HTTPException(404)
        body = await _body(request)
        with self._refusing("streak"):
            events = from_streak(body, event_type)
        return await self._store("streak", events)

    @contextmanager
    def _refusing(self, source: str) -> Iterator[None]:
        try:
            yield
        except (ForgedError, UnreadableError) as error:
            self._refusals.warning(f"A webhook of {source} was refused: {error}")
            raise HTTPException(401 if isinstance(error, ForgedError) else 400) from None

    async def _store(self, source: str, events: Sequence[WebhookEvent]) -> Response:
        if not events:
            self._refusals.warning(f"A webhook of {source} named no object and was left aside")
            return Response()
        try:
            await self._commits.store(events)
        except UnavailableError:
            raise HTTPException(503, headers=RETRY_AFTER) from None
        return Response()


async def _body(request: Request) -> bytes:
    """The body, at most 1 MiB; a larger one is read to its end, as its sender listens only then, but not kept."""
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            body += chunk
    if size > MAX_BODY_BYTES:
        raise HTTPException(413)
    return bytes(body)


async def _disconnected(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)
