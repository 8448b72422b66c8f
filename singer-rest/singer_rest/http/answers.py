"""What an answer or a failed connection means: how status, headers and body are read and put into words."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from requests.exceptions import ConnectTimeout, InvalidProxyURL, InvalidSchema, ProxyError, SSLError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from singer_rest.errors import ApiError, FatalRunError, redact, single_line
from singer_rest.http.instants import in_utc
from singer_rest.http.json import decode, fast_decode

# an error code, which quotes nobody's data
CODE = re.compile(r"[a-z_]{1,60}")
SIGNATURES = ("Authorization", "X-API-Key")
FORM = "application/x-www-form-urlencoded"
# a Retry-After above it is no number of seconds, but an instant or nonsense
LONGEST_RETRY_AFTER = 1e6
# refused for now: such a call had no effect and may be repeated whatever it was
REPEATABLE = frozenset({408, 425, 429})


class OddAnswer(ValueError):  # noqa: N818
    """A body that is JSON, but not what was asked for: perhaps another host answers. Says what it is instead."""


@dataclass(slots=True)
class Fault(Exception):  # noqa: N818
    """One try that gave no result, but might another time."""

    reason: str
    status: int | None = None
    doubt: bool = True
    connected: bool = True
    pause: bool = False
    retry_after: float | None = None
    late: bool = False
    """The call may have its effect only later."""
    odd: bool = False
    """The answer is not what this API gives: from a host that never gave one, it is heard three times only."""
    refused: ApiError | FatalRunError | None = None
    """A refusal that may be a fault of the moment: after three tries it counts."""

    def __str__(self) -> str:
        """Say it without the words of the API."""
        return redact(self.reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """The parsed body of an answer, and when the server gave it."""

    body: Any
    date: str | None = None
    """Its `Date` header."""
    sent: float = field(default_factory=time.time)
    """When the request was sent, by our own clock: seconds since the epoch."""

    @property
    def at(self) -> datetime:
        """When the server answered, by its own clock where it has one."""
        return _date(self.date or "") or datetime.fromtimestamp(self.sent, UTC)


def error_text(response: requests.Response) -> str:
    """The vendor's words in a JSON error body, as most APIs write them; never the body itself.

    An `error` may be a text, or an object with a `message` and `details` of single fields.
    """
    body = error_answer(response)
    if isinstance(error := body.get("error"), dict):
        details = [part for part in error.get("details") or () if isinstance(part, dict)]
        fields = ", ".join(f"{part.get('field')} {part.get('message')}" for part in details)
        message = error.get("message")
        body = {"error": f"{message}: {fields}" if message and fields else message}
    words = (body.get(name) for name in ("error", "message", "detail", "title"))
    text = next((word for word in words if isinstance(word, str) and word), None)
    return single_line(text or response.reason or f"status {response.status_code}")


@dataclass(frozen=True, slots=True)
class Wording:
    """How messages about one API are put: what differs between vendors and plugins."""

    setting: str = "api_url"
    """The setting that says where it is."""
    hints: Mapping[int, str] = field(default_factory=dict)
    """What to do about a refusal, by its status; 0: about any other."""
    reason: Callable[[requests.Response], str] = error_text
    """The vendor's own words in a refusal."""
    code: re.Pattern[str] = CODE
    """Which of its `error` (or `error.code`) logs may show: what matches as a whole."""
    signatures: tuple[str, ...] = SIGNATURES
    """The headers that carry a key or a token."""
    secrets: tuple[str, ...] = ()
    """What an answer may quote of a request's body: never shown."""


def result(response: requests.Response, method: str, path: str, wording: Wording) -> Any:
    """The JSON of a good answer, None for one without a body. Raises Fault, or ApiError for a refusal."""
    status = response.status_code
    if status in REPEATABLE or 500 <= status < 600:
        raise Fault(
            f"answered {status}: {reason(response, wording)}",
            status,
            doubt=status >= 500,
            pause=status == 429,
            retry_after=retry_after(response.headers),
            late=status == 504,  # a gateway gave up, its server perhaps not
        )
    if not 200 <= status < 300:
        raise _refusal(response, method, path, wording)
    if status == 204 or (method == "DELETE" and not response.content):
        return None
    body = _parsed(response, wording)
    if isinstance(body, dict) and body.get("success") is False:
        refused = _api_error(response, method, path, wording)
        raise Fault(f"refused: {refused.reason}", status, refused=refused)
    return body


def _parsed(response: requests.Response, wording: Wording) -> Any:
    try:
        return fast_decode(response.content)
    except (ValueError, RecursionError):
        pass
    try:
        return decode(response.content)
    except ValueError:
        problem = "broken JSON" if response.content else "no body"
        if "html" in response.headers.get("Content-Type", "").lower():
            problem = "an HTML page instead of JSON"
        why = f"answered {response.status_code} with {problem}: check {wording.setting}"
        raise Fault(why, response.status_code, odd=True) from None


def _refusal(response: requests.Response, method: str, path: str, wording: Wording) -> ApiError | Fault:
    """What a refusal means; one whose JSON was cut off on the way does not tell why, and may be asked for again."""
    refused = _api_error(response, method, path, wording)
    if (
        refused.status < 400
        or refused.answer
        or not response.content.startswith(b"{")
        or response.content.strip() == b"{}"
    ):
        return refused
    return Fault(f"answered {refused.status} with broken JSON", refused.status, doubt=False, refused=refused)


def _api_error(response: requests.Response, method: str, path: str, wording: Wording) -> ApiError:
    status, hint = response.status_code, wording.hints.get(response.status_code) or wording.hints.get(0, "")
    if 300 <= status < 400:
        hint = (
            f"a redirect to {_origin(response.headers.get('Location', ''))}: set {wording.setting} to where it is now"
        )
        return ApiError(status, hint, method, path, hint=hint)
    answer = error_answer(response)
    code = _code(answer, response, wording)
    return ApiError(status, reason(response, wording), method, path, answer, code=code, hint=hint)


def _origin(location: str) -> str:
    """Scheme and host of where a redirect leads to: the rest of it may hold a secret."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "another place"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "another path"


def _code(answer: Mapping[str, Any], response: requests.Response, wording: Wording) -> str:
    error = answer.get("error")
    word = error.get("code") if isinstance(error, dict) else error
    if not isinstance(word, str) or not wording.code.fullmatch(word):
        return ""
    return "" if any(secret in word for secret in _credentials(response.request, wording)) else word


def error_answer(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an error body, empty where there is none."""
    try:
        body = decode(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def reason(response: requests.Response, wording: Wording) -> str:
    """The vendor's words on one line, without the key or token that the request was signed with."""
    try:
        words = wording.reason(response)
    except Exception:  # noqa: BLE001 - an error page of any shape must not hide the error
        return f"status {response.status_code}"
    for secret in _credentials(response.request, wording):
        words = words.replace(secret, "***")
    return single_line(words)


def _credentials(request: requests.PreparedRequest, wording: Wording) -> list[str]:
    """What the request was signed with, as it was sent and as a user knows it."""
    sent = [str(request.headers[name]).rpartition(" ")[2] for name in wording.signatures if name in request.headers]
    if str(request.headers.get("Authorization")).startswith("Basic "):
        sent += base64.b64decode(sent[0]).decode(errors="replace").split(":", 1)
    if request.headers.get("Content-Type") == FORM and "grant_type=" in str(request.body):
        sent += [value for name, value in parse_qsl(str(request.body)) if name.startswith("client_")]
    return [secret for secret in (*sent, *wording.secrets) if secret]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (by the server's own clock if it tells)."""
    header = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", header):
        seconds = float(header)
        return seconds if seconds < LONGEST_RETRY_AFTER else None
    until = _date(header)
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(text: str) -> datetime | None:
    try:
        return in_utc(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def connection_fault(error: Exception, host: str, setting: str = "api_url") -> Fault:
    """A connection that failed: not made (nothing was sent), not answered in time, or broken on the way."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, (ProxyError, InvalidProxyURL, InvalidSchema)):
        why = "the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) does not connect to it"
        return Fault(f"can't reach {host}: {why}", doubt=False, connected=False)
    if isinstance(error, SSLError):
        return Fault(f"{host} can't be trusted (TLS): check {setting}", doubt=False, connected=False)
    why = ""
    if isinstance(cause, NameResolutionError):
        why = "no such host"
    elif isinstance(error, requests.ConnectionError) and isinstance(cause, NewConnectionError):
        why = "connection refused" if "refused" in str(cause) else "no connection"
    elif isinstance(error, ConnectTimeout) or isinstance(cause, ConnectTimeoutError):
        why = "no answer to the connection"
    if why:
        reason = f"can't reach {host} ({why}): check {setting}, and that the API is running"
        return Fault(reason, doubt=False, connected=False)
    if "timed out" in str(error).lower() or isinstance(error, urllib3.exceptions.TimeoutError):
        return Fault(f"{host} did not answer in time", late=True)
    return Fault(f"{host} broke the connection")
