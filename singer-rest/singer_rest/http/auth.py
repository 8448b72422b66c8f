"""OAuth 2.0 client credentials: one token for all lanes, renewed in time."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

from singer_rest.errors import FatalRunError
from singer_rest.http.answers import Action, Fault, action_for, error_answer, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LIFETIME = 3600
EARLY_SECONDS = 60.0
# RFC 6749, 5.2; other words might quote what was sent
CODES = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
)


class ClientCredentials(AuthBase):
    """Sends `Authorization: Bearer …`; the token is fetched once, shortly before it expires, and once after a 401.

    What goes wrong at the token's address is retried as any call is; FatalRunError when it refuses the client.
    """

    def __init__(self, token_url: str, form: Mapping[str, str], timeout: float) -> None:
        self._url, self._timeout = token_url, timeout
        self._form = {"grant_type": "client_credentials", **form}
        self._lock = Lock()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        request.headers["Authorization"] = f"Bearer {self._current()}"
        request.hooks["response"].append(self._again_after_401)
        return request

    def _current(self, refused: str | None = None) -> str:
        """Give the token; a new one when it is about to end, or is the one that was refused."""
        with self._lock:
            if not self._token or self._token == refused or time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        try:
            response = requests.post(self._url, data=self._form, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException:
            raise Fault("no answer from where tokens are fetched: is `token_url` right?", doubt=False) from None
        answer = error_answer(response)
        action = action_for(response.status_code)
        if action is Action.REFUSE:
            raise FatalRunError(_refusal(response.status_code, answer))
        if action is not Action.READ or not isinstance(answer.get("access_token"), str):
            reason = f"token_url answered {response.status_code} without a token"
            raise Fault(reason, response.status_code, doubt=False, retry_after=retry_after(response))
        lifetime = _seconds(answer.get("expires_in"))
        self._token = answer["access_token"]
        self._renew_at = time.monotonic() + lifetime - min(EARLY_SECONDS, lifetime / 10)

    def _again_after_401(self, response: requests.Response, **options: Any) -> requests.Response:
        if response.status_code != 401:
            return response
        response.close()
        request = response.request.copy()
        refused = str(request.headers["Authorization"]).removeprefix("Bearer ")
        request.headers["Authorization"] = f"Bearer {self._current(refused)}"
        again: requests.Response = response.connection.send(request, **options)
        again.request = request
        return again


def _seconds(lifetime: Any) -> float:
    try:
        return float(lifetime or DEFAULT_LIFETIME)
    except (TypeError, ValueError):
        return float(DEFAULT_LIFETIME)


def _refusal(status: int, answer: Mapping[str, Any]) -> str:
    if status in {400, 401, 403}:
        said = next((code for code in CODES if code == answer.get("error")), "no reason given")
        return f"client_id and client_secret are refused where tokens are fetched ({said}): check both"
    return f"where tokens are fetched answers {status}: check token_url"
