"""One request, one JSON answer, and what is said when there is none."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from tap_streak.errors import BRIEF, ONCE, NoAnswerError, RefusedError, StreakError

RETRIED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
CHECK = "check api_url"


@dataclass(frozen=True, slots=True)
class Answer:
    """The parsed body of an answer, and when the server says it began."""

    body: Any
    at: datetime


def exchange(session: requests.Session, method: str, url: str, hints: Mapping[int, str], **options: Any) -> Answer:
    """The parsed body of a 200, numbers with a point as Decimal; `hints`: what to do about a status.

    Raises NoAnswerError when another try may help, RefusedError or StreakError when it can't.
    """
    sent = datetime.now(UTC)
    try:
        response = session.request(method, url, allow_redirects=False, **options)
    except requests.RequestException as error:
        raise unreachable(error, url) from None
    what = f"{method} {urlsplit(url).path}"
    if response.status_code != HTTPStatus.OK:
        refuse(response, what, hints)
    try:
        body = parse_json(response.content)
    except ValueError:
        kind = response.headers.get("Content-Type", "no content type").partition(";")[0][:40]
        raise NoAnswerError(f"{what} answered with broken or no JSON ({kind}): {CHECK}", tries=BRIEF) from None
    if isinstance(body, dict) and body.get("success") is False:
        raise NoAnswerError(f"{what} did not succeed{_reason(response)}", tries=BRIEF)
    return Answer(body, _date(response.headers.get("Date")) or sent)


def parse_json(body: bytes) -> Any:
    """JSON without floats; raises ValueError for what is not JSON, NaN included."""
    return json.loads(body, parse_float=Decimal, parse_int=_whole, parse_constant=_no_number)


def _whole(digits: str) -> int | Decimal:
    # the Singer writer takes integers up to 64 bits, and Decimals of any length
    return int(digits) if len(digits) < 19 else Decimal(digits)


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def refuse(response: requests.Response, what: str, hints: Mapping[int, str]) -> NoReturn:
    """Raise what a status other than 200 means."""
    status = response.status_code
    answer = f"{what} answered {status}{_reason(response)}"
    if status in RETRIED or status >= 500:
        raise NoAnswerError(answer, retry_after=retry_after(response.headers, datetime.now(UTC)))
    if 300 <= status < 400:
        to = urlsplit(response.headers.get("Location", ""))
        origin = f"{to.scheme}://{to.netloc.rpartition('@')[2]}"
        raise StreakError(f"{answer}, a redirect to {origin}: set api_url to where the API is now")
    raise RefusedError(f"{answer}: {hints.get(status, CHECK)}", status)


def _reason(response: requests.Response) -> str:
    """Streak's error text, where it is plain words; one that may quote data is left out."""
    try:
        error = json.loads(response.content)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    plain = isinstance(error, str) and re.fullmatch(r"[A-Za-z',/ -]{1,100}", error)
    return f" ({error})" if plain and _credential(response.request) not in error else ""


def _credential(request: requests.PreparedRequest) -> str:
    """The key or the token that a request was signed with."""
    kind, _, sent = str(request.headers["Authorization"]).partition(" ")
    return b64decode(sent).decode().removesuffix(":") if kind == "Basic" else sent


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that Streak asks to wait: a number, or the time until an HTTP date by the server's own clock."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    until = _date(value)
    here = _date(headers.get("Date")) or now
    return max(0.0, (until - here).total_seconds()) if until else None


def _date(value: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def unreachable(error: requests.RequestException, url: str) -> NoAnswerError:
    """What a request without an answer means; a host that never answered is asked once only."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    why: str
    tries: int | None
    why, tries = "the connection broke off", None
    if isinstance(error, requests.exceptions.SSLError):
        why, tries = "no trusted TLS connection", ONCE
    elif isinstance(reason, NameResolutionError):
        why, tries = "no such host", ONCE
    elif isinstance(reason, NewConnectionError):
        why, tries = "nobody listens there", ONCE
    elif isinstance(error, requests.Timeout):
        why = "no answer in time"
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    return NoAnswerError(f"{origin} can't be reached ({why}): {CHECK}", tries=tries)
