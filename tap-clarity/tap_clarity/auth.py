"""How the tap proves who it is: an API key, or an OAuth 2.0 client."""

import time
from typing import Any

import requests
from requests.auth import AuthBase

from tap_clarity.errors import BRIEF, NoAnswerError
from tap_clarity.exchange import exchange

REFUSED = "the shop does not accept client_id and client_secret"
HINTS = {400: REFUSED, 401: REFUSED, 403: REFUSED, 404: "check token_url"}


class ApiKey(AuthBase):
    """The header `X-API-Key`."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request."""
        request.headers["X-API-Key"] = self._key
        return request


class ClientCredentials(AuthBase):
    """A bearer token: fetched once, renewed shortly before it expires and once after a 401."""

    def __init__(self, token_url: str, form: dict[str, str], timeout: float) -> None:
        self._token_url = token_url
        self._form = {"grant_type": "client_credentials", **form}
        self._timeout = timeout
        self._session = requests.Session()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request, with a new token where the old one is about to end."""
        if not self._token or time.monotonic() >= self._renew_at:
            self._fetch()
        request.headers["Authorization"] = f"Bearer {self._token}"
        request.hooks["response"].append(self._again_after_401)
        return request

    def _fetch(self) -> None:
        answer = exchange(
            self._session,
            "POST",
            self._token_url,
            setting="token_url",
            hints=HINTS,
            data=self._form,
            timeout=self._timeout,
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise NoAnswerError("The token endpoint gave no access_token: check token_url", tries=BRIEF)
        lifetime = float(answer.get("expires_in") or 3600)
        self._token = answer["access_token"]
        self._renew_at = time.monotonic() + lifetime - min(60.0, lifetime / 10)

    def _again_after_401(self, response: requests.Response, **options: Any) -> requests.Response:
        if response.status_code != 401:
            return response
        response.close()
        self._fetch()
        request = response.request.copy()
        request.headers["Authorization"] = f"Bearer {self._token}"
        again: requests.Response = response.connection.send(request, **options)
        again.history.append(response)
        again.request = request
        return again
