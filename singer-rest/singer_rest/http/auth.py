"""How requests are signed: an API key, a bearer token, or an OAuth 2.0 client that fetches its tokens."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from singer_rest.errors import ApiError, FatalRunError
from singer_rest.http.answers import Fault, OddAnswer, Wording
from singer_rest.http.client import Options, RestClient

DEFAULT_LIFETIME = 3600.0
EARLY_SECONDS = 60.0
REFUSED = "client_id and client_secret are refused where tokens are fetched: check both"
WORDING = Wording("token_url", {400: REFUSED, 401: REFUSED, 403: REFUSED, 0: "check token_url"})


class ApiKey(AuthBase):
    """The header `X-API-Key`."""

    header, scheme = "X-API-Key", ""

    def __init__(self, key: str, header: str = "", scheme: str = "") -> None:
        """Take the key; another header, and what stands before the key there."""
        self.header = header or self.header
        self._value = (scheme or self.scheme) + key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        request.headers[self.header] = self._value
        return request


class Bearer(ApiKey):
    """The header `Authorization: Bearer`."""

    header, scheme = "Authorization", "Bearer "


def basic_user(key: str) -> AuthBase:
    """The key as user name of HTTP Basic, without a password."""
    return HTTPBasicAuth(key, "")


class FetchedToken(AuthBase):
    """Signs with a token that is fetched once, shortly before it expires, and once after a 401.

    What goes wrong at the token's address is retried as any call is; FatalRunError when it refuses. `call` is what is
    sent there (`form` or `json`), `read` gives token and lifetime of an answer, or raises OddAnswer.
    """

    def __init__(  # noqa: PLR0913 - what is asked, and how the answer is used, by name
        self,
        token_url: str,
        call: Options,
        timeout: float,
        user_agent: str = "singer-rest",
        *,
        wording: Wording,
        read: Callable[[Any], tuple[str, Any]],
        header: str = "Authorization",
        scheme: str = "Bearer ",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(token_url)
        self._path = parts.path
        self._client = RestClient(
            base_url=f"{parts.scheme}://{parts.netloc}",
            auth=None,
            user_agent=user_agent,
            request_timeout=timeout,
            retry_seconds=0,
            wording=wording,
            pool=1,
            headers=headers,
        )
        self._ask: Options = {**call, "expect": read}
        self._read = read
        self._header, self._scheme = header, scheme
        self._lock = Lock()
        self._token = ""
        self._renew_at = 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        request.headers[self._header] = self._scheme + self._current()
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
            body = self._client.ask_once("POST", self._path, **self._ask).body
        except ApiError as refused:
            raise FatalRunError(str(refused)) from None
        except Fault as fault:
            # the call that wants the token is repeated: of that one, nothing was sent
            reason = f"POST {self._path} {fault.reason}" if fault.status else fault.reason
            last_word = FatalRunError(str(fault.refused)) if fault.refused else None
            raise replace(fault, reason=reason, status=None, doubt=False, late=False, refused=last_word) from None
        self._token, given = self._read(body)
        lifetime = _seconds(given)
        self._renew_at = time.monotonic() + lifetime - min(EARLY_SECONDS, lifetime / 10)

    def _again_after_401(self, response: requests.Response, **options: Any) -> requests.Response:
        if response.status_code != 401:
            return response
        response.close()
        request = response.request.copy()
        refused = str(request.headers[self._header]).removeprefix(self._scheme)
        request.headers[self._header] = self._scheme + self._current(refused)
        again: requests.Response = response.connection.send(request, **options)
        again.request = request
        return again


class ClientCredentials(FetchedToken):
    """An OAuth 2.0 client: sends `Authorization: Bearer …`."""

    def __init__(
        self, token_url: str, form: Mapping[str, str], timeout: float, user_agent: str = "singer-rest"
    ) -> None:
        form = {"grant_type": "client_credentials", **form}
        super().__init__(token_url, {"form": form}, timeout, user_agent, wording=WORDING, read=_access_token)


def auth_from(config: Mapping[str, Any], sign: Callable[[str], AuthBase], user_agent: str = "singer-rest") -> AuthBase:
    """The way to sign in that the settings ask for: `client_id`, else `api_key` (by `sign`), else `access_token`.

    FatalRunError when none is set.
    """
    if config.get("client_id"):
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(str(config.get("api_url"))))
        form = {name: config[name] for name in ("client_id", "client_secret", "scope") if config.get(name)}
        timeout = config.get("request_timeout") or 30
        return ClientCredentials(config.get("token_url") or f"{origin}/oauth/token", form, timeout, user_agent)
    if config.get("api_key"):
        return sign(config["api_key"])
    if config.get("access_token"):
        return Bearer(config["access_token"])
    raise FatalRunError("api_key is missing: set it")


def credentials(config: Mapping[str, Any]) -> str:
    """The names of the settings that say who calls."""
    if config.get("client_id"):
        return "client_id and client_secret"
    return "access_token" if config.get("access_token") and not config.get("api_key") else "api_key"


def usable_token(token: Any) -> str:
    """A text that a header can carry as a token. Raises OddAnswer for anything else."""
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable() or " " in token:
        raise OddAnswer("gave no access_token")
    return token


def _access_token(body: Any) -> tuple[str, Any]:
    body = body if isinstance(body, dict) else {}
    return usable_token(body.get("access_token")), body.get("expires_in")


def _seconds(lifetime: Any) -> float:
    """How long a token lasts; an hour where its answer does not say, or says no such thing."""
    try:
        seconds = float(lifetime)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFETIME
    return seconds if 0 < seconds < math.inf else DEFAULT_LIFETIME
