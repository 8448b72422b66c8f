"""Who may call: the API key, or a token for the OAuth client."""

import base64
import binascii
import secrets
from typing import Any
from urllib.parse import parse_qsl

from sandbox import wire
from sandbox.clarity.refusal import Refused
from sandbox.clarity.request import Answer, Request
from sandbox.clock import Clock
from sandbox.keys import CLARITY_CLIENT_ID, CLARITY_CLIENT_SECRET, CLARITY_KEY

TOKEN_SECONDS = 3600


class Credentials:
    """The tokens that were given out, and when each ends (on the sandbox's clock)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tokens: dict[str, int] = {}

    def check(self, request: Request) -> None:
        """Raises Refused (401) when the request shows neither the key nor a live token."""
        if request.headers.get(b"x-api-key") == CLARITY_KEY.encode():
            return
        scheme, _, token = (request.header(b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and self.tokens.get(token.strip(), 0) > self._clock.now_ms():
            return
        raise Refused(401, "unauthorized", "Missing, unknown or expired credentials")

    def grant(self, request: Request) -> Answer:
        """OAuth 2.0 client credentials, in the form or as HTTP Basic."""
        form = dict(parse_qsl(request.body.decode("latin-1")))
        if not form:
            return _oauth_error(400, "invalid_request")
        if (_client(request) or (form.get("client_id"), form.get("client_secret"))) != (
            CLARITY_CLIENT_ID,
            CLARITY_CLIENT_SECRET,
        ):
            return _oauth_error(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type")
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self._clock.now_ms() + TOKEN_SECONDS * 1000
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return 200, wire.encode(answer)


def _client(request: Request) -> tuple[str, str] | None:
    scheme, _, text = (request.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _oauth_error(status: int, error: str) -> Answer:
    return status, wire.encode({"error": error})
