"""One request, one JSON answer, and what is said when there is none."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from tap_clarity.errors import BRIEF, ONCE, PATIENT, NoAnswerError, ShopError

_decode = msgspec.json.Decoder(float_hook=Decimal).decode

RETRIED = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def exchange(
    session: requests.Session, method: str, url: str, *, setting: str, hints: Mapping[int, str], **options: Any
) -> Any:
    """The parsed body of a 200, numbers with a point as Decimal.

    `setting` names where `url` comes from, `hints` what to do about a status.
    Raises NoAnswerError when another try may help, ShopError when it can't.
    """
    try:
        response = session.request(method, url, allow_redirects=False, **options)
    except requests.RequestException as error:
        raise unreachable(error, url, setting) from None
    what = f"{method} {urlsplit(url).path}"
    if response.status_code != HTTPStatus.OK:
        refuse(response, what, setting, hints)
    try:
        return parse_json(response.content)
    except ValueError:
        kind = response.headers.get("Content-Type", "no content type").partition(";")[0][:40]
        message = f"{what} answered with broken or no JSON ({kind}): check {setting}"
        raise NoAnswerError(message, tries=BRIEF) from None


def parse_json(body: bytes) -> Any:
    """JSON without floats; raises ValueError for what is not JSON, NaN included."""
    try:
        return _decode(body)
    except ValueError:
        # half a surrogate pair and other encodings than UTF-8 are JSON too, and rare
        return _parse_slowly(body)


def _parse_slowly(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=_whole, parse_constant=_no_number)


def _whole(digits: str) -> int | Decimal:
    # the Singer writer takes integers up to 64 bits, and Decimals of any length
    return int(digits) if len(digits) < 19 else Decimal(digits)


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def refuse(response: requests.Response, what: str, setting: str, hints: Mapping[int, str]) -> NoReturn:
    """Raise what a status other than 200 means."""
    status = response.status_code
    answer = f"{what} answered {status}{_error_code(response)}"
    if status in RETRIED or status >= 500:
        raise NoAnswerError(answer, retry_after=retry_after(response.headers, datetime.now(UTC)))
    if status in hints:
        raise ShopError(f"{answer}: {hints[status]}")
    if 300 <= status < 400:
        to = urlsplit(response.headers.get("Location", ""))
        origin = f"{to.scheme}://{to.netloc.rpartition('@')[2]}"
        raise ShopError(f"{answer}, a redirect to {origin}: set {setting} to where the shop's API is now")
    raise ShopError(f"{answer}: check {setting}, and that the shop speaks this version of the API")


def _error_code(response: requests.Response) -> str:
    """The shop's error code, an identifier; its message may quote data and is left out."""
    try:
        error = json.loads(response.content)["error"]
        code = error["code"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError):
        return ""
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,60}", code) else ""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the shop asks to wait: a number, or the time until an HTTP date by the shop's own clock."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        here = parsedate_to_datetime(headers["Date"]) if "Date" in headers else now
        return max(0.0, (until - here).total_seconds())
    except (ValueError, TypeError):
        return None


def unreachable(error: requests.RequestException, url: str, setting: str) -> NoAnswerError:
    """What a request without an answer means; a host that never answered is asked once only."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    why, tries = "the connection broke off", PATIENT
    if isinstance(error, requests.exceptions.SSLError):
        why, tries = "no trusted TLS connection", ONCE
    elif isinstance(reason, NameResolutionError):
        why, tries = "no such host", ONCE
    elif isinstance(reason, NewConnectionError):
        why, tries = "nobody listens there", ONCE
    elif isinstance(error, requests.Timeout):
        why = "no answer in time"
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    return NoAnswerError(f"{origin} can't be reached ({why}): check {setting}", tries=tries)
