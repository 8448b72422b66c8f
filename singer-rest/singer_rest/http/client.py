"""Calls to a REST API: paced, retried, counted."""

from __future__ import annotations

import itertools
import logging
import time
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Lock
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import backoff
import msgspec
import requests
import urllib3

from singer_rest.errors import ApiError, ApiUnavailable, OutcomeUnknown, RecordRejected, redact, single_line
from singer_rest.http.answers import (
    LATE,
    Action,
    Fault,
    action_for,
    connection_fault,
    error_text,
    load,
    parsed,
    refusal,
    retry_after,
    without_credentials,
)
from singer_rest.http.session import session
from singer_rest.http.settings import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests.auth import AuthBase

    from singer_rest.http.rate_limit import RateLimit

__all__ = ["ApiError", "ApiUnavailable", "OutcomeUnknown", "RestClient", "error_text"]

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
SHORTEST_PAUSE = 1.0
# a 200 with `success: false` is what many APIs say when they stumble: it counts as an answer when they insist
REFUSED_TRIES = 3

logger = logging.getLogger(__name__)
_JSON = msgspec.json.Encoder(decimal_format="number")


class Options(TypedDict, total=False):
    """What a call may carry: a JSON body or a form, query parameters, headers; and another time for its retries."""

    json: Any
    params: Mapping[str, Any] | None
    form: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    retry_seconds: float


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    url: str
    body: Any
    params: Mapping[str, Any] | None
    headers: dict[str, str]


class RestClient:
    """JSON over HTTP, `pool` calls at a time, for all lanes of a target. Numbers with a point are Decimal both ways."""

    def __init__(  # noqa: PLR0913 - settings, by name
        self,
        *,
        base_url: str,
        auth: AuthBase,
        rate: RateLimit,
        retry_seconds: float,
        request_timeout: float,
        user_agent: str,
        error_reason: Callable[[requests.Response], str] = error_text,
        pool: int = 8,
        late_seconds: float = 60,
    ) -> None:
        """Take the settings; `late_seconds`: so long after its time-out a call may still have its effect."""
        self._base = base_url.rstrip("/")
        self.host = host_of(base_url)
        self._rate = rate
        self._retry_seconds = retry_seconds
        self._timeout = request_timeout
        self._late_seconds = late_seconds
        self._error_reason = error_reason
        self._session, self._in_flight = session(auth, user_agent, pool), BoundedSemaphore(pool)
        self._stopped = Event()
        self._counting = Lock()
        self._answered = False
        self.calls = 0
        self.retries = 0
        self.waited = 0.0

    def get(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, *, replay: bool = True, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a POST.

        `replay=False` is for creates: when the call may have had its effect (time-out, reset, 5xx, unreadable answer)
        it raises OutcomeUnknown instead of sending it again.
        """
        return self.request("POST", path, replay=replay, **options)

    def create(self, path: str, *, look_up: Callable[[], Any | None], **options: Unpack[Options]) -> Any:
        """POST that, its answer lost, is sent again only if `look_up()` finds nothing; gives what was made or found.

        After a time-out it is looked for as long as the call may still have its effect.
        """
        until = None
        for attempt in itertools.count():
            try:
                return self.post(path, replay=False, **options)
            except OutcomeUnknown as lost:
                fault, lost_at = Fault.of(lost), time.monotonic()
                until = until or lost_at + self._retry_seconds
                self._wait(fault, attempt, until)
            for again in itertools.count():
                if (found := look_up()) is not None:
                    return found
                if not (fault.late and time.monotonic() < lost_at + self._late_seconds):
                    break
                self._wait_for_effect(fault, min(2.0**again, lost_at + self._late_seconds - time.monotonic()), until)
        return None

    def put(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a PUT."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """Parsed JSON of a DELETE, None when it has no body."""
        return self.request("DELETE", path, params=params)

    def request(self, method: str, path: str, *, replay: bool = True, **options: Unpack[Options]) -> Any:
        """One call with its retries.

        Raises ApiError when the API refuses it, ApiUnavailable when `retry_seconds` did not help, OutcomeUnknown (see
        `post`), RecordRejected when the values can't be sent.
        """
        call = self._call(method, path, options)
        since = None
        for attempt in itertools.count():
            try:
                return self._send(call)
            except Fault as fault:
                if fault.doubt and not replay:
                    raise fault.lost(_told(call, fault)) from None
                since = since or time.monotonic()
                self._wait(fault, attempt, since + options.get("retry_seconds", self._retry_seconds))
                logger.debug("%s: trying again", redact(_told(call, fault)))
        return None

    def stop(self) -> None:
        """The run ends: nobody waits for a retry or for the limit any longer."""
        self._stopped.set()
        self._rate.stop()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(self, method: str, path: str, options: Options) -> _Call:
        headers = {**(options.get("headers") or {})}
        body: Any = options.get("form")
        if (content := options.get("json")) is not None:
            body = _encoded(content)
            headers["Content-Type"] = "application/json"
        return _Call(method, path, f"{self._base}/{path.lstrip('/')}", body, options.get("params"), headers)

    def _send(self, call: _Call) -> Any:
        with self._in_flight:
            waited = self._rate.acquire()
            if self._stopped.is_set():
                raise ApiUnavailable("the run was stopped")
            with self._counting:
                self.calls += 1
                self.waited += waited
            response = self._exchange(call)
        self._answered = True
        match action_for(response.status_code):
            case Action.READ:
                return self._result(call, response)
            case Action.REFUSE:
                raise refusal(response, self._reason(response), call.method, call.path)
            case action:
                reason = f"answered {response.status_code}: {self._reason(response)}"
                raise Fault(
                    reason,
                    response.status_code,
                    doubt=action is Action.DOUBT,
                    pause=action is Action.PAUSE,
                    retry_after=retry_after(response),
                    late=response.status_code in LATE,
                )

    def _exchange(self, call: _Call) -> requests.Response:
        until = time.monotonic() + self._timeout
        try:
            response = self._session.request(
                call.method,
                call.url,
                params=call.params,
                data=call.body,
                headers=call.headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            load(response, until)
        except (requests.exceptions.InvalidURL, UnicodeError):
            raise RecordRejected("a key or a text of the record can't be part of a request", "encoding") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise connection_fault(error, self.host) from None
        return response

    def _result(self, call: _Call, response: requests.Response) -> Any:
        result = parsed(response)
        if isinstance(result, dict) and result.get("success") is False:
            refused = ApiError(response.status_code, self._reason(response), call.method, call.path)
            raise Fault(f"refused: {refused.reason}", response.status_code, refused=refused)
        return result

    def _reason(self, response: requests.Response) -> str:
        if 300 <= response.status_code < 400:
            return "the address answers with a redirect: is `api_url` right?"
        try:
            return single_line(without_credentials(self._error_reason(response), response))
        except Exception:  # noqa: BLE001 - an error page of any shape must not hide the error
            return f"status {response.status_code}"

    def _wait(self, fault: Fault, attempt: int, until: float) -> None:
        """Wait before the next try, alone or (429) with all lanes. Raises ApiUnavailable when the time is used up."""
        if fault.refused and attempt + 1 >= REFUSED_TRIES:
            raise fault.refused
        left = until - time.monotonic()
        wait = fault.retry_after
        if wait is None or (attempt and not wait):
            wait = backoff.full_jitter(min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
            wait = min(left, max(wait, SHORTEST_PAUSE) if fault.pause else wait)
        never_there = not (fault.connected or self._answered)
        if fault.for_good or never_there or left <= 0 or wait > left:
            raise ApiUnavailable(self._given_up(fault), status=fault.status, connected=fault.connected)
        with self._counting:
            self.retries += 1
        if fault.pause:
            logger.info("%s asks for a pause: all lanes wait %.1f s", self.host, wait)
            self._rate.pause_until(time.monotonic() + wait)
        else:
            self._sleep(wait)

    def _wait_for_effect(self, fault: Fault, wait: float, until: float) -> None:
        """Wait before it is looked for again. Raises ApiUnavailable when there is no time left to be sure."""
        if time.monotonic() + wait > until:
            raise ApiUnavailable(self._given_up(fault), status=fault.status)
        self._sleep(max(0.0, wait))

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise ApiUnavailable("the run was stopped")

    def _given_up(self, fault: Fault) -> str:
        return fault.reason if not fault.connected else f"{self.host} {fault.reason.removeprefix(self.host).strip()}"


def _told(call: _Call, fault: Fault) -> str:
    return f"{call.method} {call.path}: {fault.reason}"


def _encoded(content: Any) -> bytes:
    try:
        data = _JSON.encode(content)
    except UnicodeEncodeError:
        raise RecordRejected("a text holds half a character (a lone surrogate)", "encoding") from None
    except RecursionError:
        raise RecordRejected("the record is nested too deeply", "nesting") from None
    return data
