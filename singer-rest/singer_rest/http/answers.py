"""What an answer means: a table of statuses, and how its body and its headers are read."""

from __future__ import annotations

import base64
import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec
import urllib3
from requests import ConnectionError as NotConnected
from requests import ConnectTimeout
from requests.exceptions import SSLError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from singer_rest.errors import ApiError, OutcomeUnknown, redact, single_line

if TYPE_CHECKING:
    from collections.abc import Container

    import requests


class Action(Enum):
    """What to do with an answer."""

    READ = "read"
    """The body is the result."""
    REFUSE = "refuse"
    """The call is at fault: never repeated."""
    REPEAT = "repeat"
    """The call had no effect: it may be repeated whatever it was."""
    PAUSE = "pause"
    """As REPEAT, and every lane waits."""
    DOUBT = "doubt"
    """The call may have had its effect."""


ACTIONS: tuple[tuple[Container[int], Action], ...] = (
    (range(200, 300), Action.READ),
    ({429}, Action.PAUSE),
    ({408, 425}, Action.REPEAT),
    (range(500, 600), Action.DOUBT),
)

# a gateway gave up, its server perhaps not
LATE = frozenset({504})

SIGNATURES = ("Authorization", "X-API-Key")

_READ = msgspec.json.Decoder(float_hook=Decimal)
_CHUNK = 256 * 1024


@dataclass(slots=True)
class Fault(Exception):  # noqa: N818
    """One try that gave no result, but might another time."""

    reason: str
    status: int | None = None
    doubt: bool = True
    connected: bool = True
    for_good: bool = False
    pause: bool = False
    retry_after: float | None = None
    late: bool = False
    """The call may have its effect only later."""
    refused: ApiError | None = None
    """A refusal that may be a fault of the moment: after a few tries it counts."""

    def __str__(self) -> str:
        """Say it without the words of the API."""
        return redact(self.reason)

    @classmethod
    def of(cls, lost: OutcomeUnknown) -> Fault:
        """Take the fault back out of what was raised."""
        return cls(lost.reason, lost.status, retry_after=lost.retry_after, late=lost.late, refused=lost.refused)

    def lost(self, reason: str) -> OutcomeUnknown:
        """Say that it is in doubt whether the call had its effect."""
        return OutcomeUnknown(
            reason, status=self.status, retry_after=self.retry_after, late=self.late, refused=self.refused
        )


def action_for(status: int) -> Action:
    """The action for a status; what is in no row is refused."""
    return next((action for statuses, action in ACTIONS if status in statuses), Action.REFUSE)


def load(response: requests.Response, until: float) -> None:
    """Read the body in pieces, so that a server that dribbles can't hold a lane. Raises Fault past `until`."""
    pieces = []
    while piece := response.raw.read1(_CHUNK, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > until:
            response.close()
            raise Fault("the answer did not end within request_timeout", late=True)
    response.raw.release_conn()
    response.raw = io.BytesIO(b"".join(pieces))


def parsed(response: requests.Response) -> Any:
    """The JSON of a good answer, None for one without a body. Raises Fault when it can't be read."""
    status = response.status_code
    if status == 204 or (not response.content and response.request.method == "DELETE"):
        return None
    if "html" in response.headers.get("Content-Type", "").lower():
        raise Fault(f"answered {status} with an HTML page instead of JSON", status)
    try:
        return _READ.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = "broken JSON" if response.content else "no body"
        raise Fault(f"answered {status} with {problem}", status) from None


def refusal(response: requests.Response, reason: str, method: str, path: str) -> ApiError | Fault:
    """What a refusal means; one whose JSON was cut off on the way does not tell why, and may be asked for again."""
    status = response.status_code
    refused = ApiError(status, reason, method, path, error_answer(response))
    if refused.answer or not response.content.startswith(b"{") or response.content.strip() == b"{}":
        return refused
    return Fault(f"answered {status} with broken JSON", status, doubt=False, refused=refused)


def error_answer(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an error body, empty where there is none."""
    try:
        body = _READ.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def error_text(response: requests.Response) -> str:
    """The vendor's words in a JSON error body, as most APIs write them; never the body itself."""
    body = error_answer(response)
    words = [body.get(name) for name in ("error", "message", "detail", "title")]
    found = next((word for word in words if isinstance(word, str) and word), None)
    return single_line(found or response.reason or f"status {response.status_code}")


def without_credentials(words: str, response: requests.Response) -> str:
    """The words of an answer without the key or token that its request was signed with."""
    for secret in filter(None, _credentials(response.request)):
        words = words.replace(secret, "***")
    return words


def _credentials(request: requests.PreparedRequest) -> list[str]:
    """What the request was signed with, as it was sent and as a user knows it."""
    sent = [str(request.headers[name]).rpartition(" ")[2] for name in SIGNATURES if name in request.headers]
    if str(request.headers.get("Authorization")).startswith("Basic "):
        sent += base64.b64decode(sent[0]).decode(errors="replace").split(":", 1)
    return sent


def retry_after(response: requests.Response) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (by the server's own clock if it tells)."""
    header = response.headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(header)) if float(header) < 1e6 else None
    except ValueError:
        pass
    then, now = _date(header), _date(response.headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds()) if then else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def connection_fault(error: Exception, host: str) -> Fault:
    """A connection that failed: not made (nothing was sent), not answered in time, or broken on the way."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, SSLError):
        return Fault(f"{host} can't be trusted (TLS): is `api_url` right?", doubt=False, connected=False, for_good=True)
    if isinstance(cause, NameResolutionError):
        return _unreachable(host, "the name is not known")
    if isinstance(error, NotConnected) and isinstance(cause, NewConnectionError):
        return _unreachable(host, "connection refused" if "refused" in str(cause) else "no connection")
    if isinstance(error, ConnectTimeout) or isinstance(cause, ConnectTimeoutError):
        return _unreachable(host, "no answer to the connection")
    if "timed out" in str(error).lower() or isinstance(error, urllib3.exceptions.TimeoutError):
        return Fault(f"{host} did not answer in time", late=True)
    return Fault(f"{host} broke the connection")


def _unreachable(host: str, why: str) -> Fault:
    reason = f"can't reach {host} ({why}): is `api_url` right and the API running?"
    return Fault(reason, doubt=False, connected=False)
