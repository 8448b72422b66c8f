"""Calls to a REST API: paced, retried, counted. Targets, taps, the console and token fetches all make theirs here."""

from __future__ import annotations

import http.cookiejar
import io
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Event, Lock
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import backoff
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.exceptions import InvalidProxyURL, InvalidURL

from singer_rest.errors import ApiError, ApiUnavailable, NoAccess, OutcomeUnknown, RecordRejected, redact
from singer_rest.http.answers import Answer, Fault, OddAnswer, Wording, connection_fault, result
from singer_rest.http.json import encode, fast_encode
from singer_rest.http.rate_limit import RateLimit
from singer_rest.http.retry import BRIEFLY, Patience
from singer_rest.http.settings import plain_url

logger = logging.getLogger(__name__)
UNPACED = 10_000
CHUNK = 256 * 1024


class Options(TypedDict, total=False):
    """What a call may carry: a JSON body or a form, query parameters, headers.

    `expect(body)` raises OddAnswer for a body that is not what was asked for. `retry_seconds` and `timeout` replace
    those of the client.
    """

    json: Any
    params: Mapping[str, Any] | None
    form: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    expect: Callable[[Any], object] | None
    retry_seconds: float
    timeout: float


@dataclass(slots=True)
class _Call:
    method: str
    path: str
    url: str
    body: Any
    options: Options
    headers: dict[str, str]
    replay: bool = True
    look_up: Callable[[], Any | None] | None = None
    retries_end: float = 0.0
    lost: Fault | None = None
    lost_at: float = 0.0
    looks: int = 0

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class RestClient:
    """JSON over HTTP, `pool` calls at a time. Numbers with a point are Decimal both ways.

    Every call raises ApiError when the API refuses it, ApiUnavailable when `retry_seconds` did not help, RecordRejected
    when its values can't be sent, FatalRunError when no token can be had.
    """

    def __init__(  # noqa: PLR0913 - settings, by name
        self,
        *,
        base_url: str,
        auth: AuthBase | None,
        user_agent: str,
        request_timeout: float,
        retry_seconds: float,
        rate: RateLimit | None = None,
        wording: Wording | None = None,
        pool: int = 8,
        late_seconds: float = 60,
        longest_pause: float = 0,
        probe_path: str | None = None,
        log_level: int = logging.DEBUG,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the settings; without `rate`, calls are as fast as answers come.

        `late_seconds`: so long after its time-out a call may still have its effect. `longest_pause`: see Patience.
        `probe_path`: what credentials may always read, so that a 401 about anything else can be told from bad ones.
        `log_level`: of the lines about retries. `headers`: what every request carries besides.
        """
        self._wording = wording or Wording()
        parts = plain_url(base_url, self._wording.setting)
        self.host = parts.netloc
        self._base, self._root = base_url.rstrip("/"), parts.path.rstrip("/")
        self._rate = rate or RateLimit(UNPACED)
        self._patience = Patience(retry_seconds, longest_pause)
        self._timeout = request_timeout
        self._late_seconds = late_seconds
        self._probe_path = probe_path
        self._log_level = log_level
        self._session, self._in_flight = _Session(auth, user_agent, pool), BoundedSemaphore(pool)
        self._session.headers.update(headers or {})
        # the wait is ours: lanes share it, and a run that ends cuts it short
        loop = backoff.on_exception(
            backoff.constant, Fault, interval=0, jitter=None, on_backoff=self._wait, logger=None
        )
        self._persistently = loop(self._attempt)
        self._stopped = Event()
        self._counting = Lock()
        self.calls = 0
        self.retries = 0
        self.waited = 0.0
        self._heard: tuple[str | None, float] = (None, time.time())
        self._heard_at = time.monotonic()

    @property
    def answered_at(self) -> datetime:
        """When the server answered last, by its own clock where it has one; our own time before its first answer."""
        return Answer(None, *self._heard).at

    def server_now(self) -> datetime:
        """What the server's clock shows now, whatever ours does meanwhile."""
        return self.answered_at + timedelta(seconds=time.monotonic() - self._heard_at)

    def get(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a GET."""
        return self.ask("GET", path, **options).body

    def post(self, path: str, *, replay: bool = True, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a POST.

        `replay=False` is for creates: when the call may have had its effect (time-out, reset, 5xx, unreadable answer)
        it raises OutcomeUnknown instead of sending it again.
        """
        return self.ask("POST", path, replay=replay, **options).body

    def create(self, path: str, *, look_up: Callable[[], Any | None], **options: Unpack[Options]) -> Any:
        """POST that, its answer lost, is sent again only if `look_up()` finds nothing; gives what was made or found.

        After a time-out it is looked for as long as the call may still have its effect.
        """
        call = self._call("POST", path, options)
        call.replay, call.look_up = False, look_up
        return self._persistently(call).body

    def put(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a PUT."""
        return self.ask("PUT", path, **options).body

    def patch(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a PATCH."""
        return self.ask("PATCH", path, **options).body

    def delete(self, path: str, **options: Unpack[Options]) -> Any:
        """Parsed JSON of a DELETE, None when it has no body."""
        return self.ask("DELETE", path, **options).body

    def request(self, method: str, path: str, *, replay: bool = True, **options: Unpack[Options]) -> Any:
        """Parsed JSON of one call with its retries; for `replay` see `post`."""
        return self.ask(method, path, replay=replay, **options).body

    def ask(self, method: str, path: str, *, replay: bool = True, **options: Unpack[Options]) -> Answer:
        """As `request`, with the time of the answer. Raises NoAccess where `probe_path` shows that the key is good."""
        call = self._call(method, path, options)
        call.replay = replay
        try:
            return self._persistently(call)
        except ApiError as refused:
            if refused.status not in {401, 403} or not (self._probe_path and self._patience.answered):
                raise
            self._persistently(self._call("GET", self._probe_path, {}))
            status, reason, code = refused.status, refused.reason, refused.code
            raise NoAccess(status, reason, method, call.path, refused.answer, code=code, hint="no access") from None

    def knows(self, path: str) -> bool:
        """Whether the API knows what is there, be it only that these credentials may not see it."""
        try:
            self.get(path)
        except NoAccess:
            return True
        except ApiError as refused:
            if not refused.unknown:
                raise
            return False
        return True

    def ask_once(self, method: str, path: str, **options: Unpack[Options]) -> Answer:
        """One try. Raises Fault where another might help."""
        return self._send(self._call(method, path, options))

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
            try:
                body = fast_encode(content)
            except (UnicodeEncodeError, RecursionError):
                body = encode(content)
            headers["Content-Type"] = "application/json"
        path = f"/{path.lstrip('/')}"
        return _Call(method, self._root + path, self._base + path, body, options, headers)

    def _attempt(self, call: _Call) -> Answer:
        """One try; of a create whose last one is in doubt, only once nothing was found."""
        if call.lost and (made := self._looked_up(call, call.lost)) is not None:
            return Answer(made)
        try:
            return self._send(call)
        except Fault as fault:
            if fault.doubt and not call.replay:
                if call.look_up is None:
                    raise OutcomeUnknown(f"{call}: {fault.reason}", status=fault.status) from None
                call.lost, call.lost_at, call.looks = fault, time.monotonic(), 0
            raise

    def _looked_up(self, call: _Call, lost: Fault) -> Any | None:
        """What the lost call made, None once it made nothing. Raises Fault while it may still have its effect."""
        if call.look_up and (made := call.look_up()) is not None:
            return made
        left = call.lost_at + self._late_seconds - time.monotonic()
        if lost.late and left > 0:
            call.looks += 1
            raise replace(lost, retry_after=min(2.0 ** (call.looks - 1), left), refused=None)
        call.lost = None
        return None

    def _send(self, call: _Call) -> Answer:
        with self._in_flight:
            waited = self._rate.acquire()
            if self._stopped.is_set():
                raise ApiUnavailable("the run was stopped")
            with self._counting:
                self.calls += 1
                self.waited += waited
            sent = time.time()
            response = self._exchange(call)
        heard = self._heard = (response.headers.get("Date"), sent)
        self._heard_at = time.monotonic()
        self._patience.reached = True
        body = result(response, call.method, call.path, self._wording)
        if expect := call.options.get("expect"):
            try:
                expect(body)
            except OddAnswer as odd:
                raise Fault(f"{odd}: check {self._wording.setting}", response.status_code, odd=True) from None
        self._patience.answered = True
        return Answer(body, *heard)

    def _exchange(self, call: _Call) -> requests.Response:
        timeout = call.options.get("timeout", self._timeout)
        until = time.monotonic() + timeout
        try:
            response = self._session.request(
                call.method,
                call.url,
                params=call.options.get("params"),
                data=call.body,
                headers=call.headers,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            _load(response, until)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            if isinstance(error, (InvalidURL, UnicodeError)) and not isinstance(error, InvalidProxyURL):
                raise RecordRejected("a key or a text of the record can't be part of a request", "encoding") from None
            raise connection_fault(error, self.host, self._wording.setting) from None
        return response

    def _wait(self, failed: Any) -> None:
        """Wait before the next try, alone or (429) with all lanes. Raises what ends the tries of this call."""
        call, fault, tries = failed["args"][0], failed["exception"], failed["tries"]
        if fault.refused and tries >= BRIEFLY:
            raise fault.refused
        # an answer is told by what it answered
        reason = f"{call} {fault.reason}" if fault.status else fault.reason
        now = time.monotonic()
        call.retries_end = call.retries_end or now + call.options.get("retry_seconds", self._patience.retry_seconds)
        wait = self._patience.next_wait(fault, tries, call.retries_end - now)
        if wait is None:
            status, connected = fault.status, fault.connected
            raise ApiUnavailable(reason, status=status, connected=connected, retry_after=fault.retry_after)
        with self._counting:
            self.retries += 1
        level = max(self._log_level, logging.INFO) if fault.pause else self._log_level
        logger.log(level, "%s; trying again in %.1f s", redact(reason), wait)
        if fault.pause:
            self._rate.pause_until(now + wait)
        elif self._stopped.wait(wait):
            raise ApiUnavailable("the run was stopped")


class Probe:
    """Asks whether the credentials are alive, unless somebody asked after us and was answered well."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._answered_at = 0.0

    def __call__(self) -> None:
        """Ask. Whatever `ask` raises is raised."""
        wanted_at = time.monotonic()
        with self._lock:
            if self._answered_at > wanted_at:
                return
            began = time.monotonic()
            self._ask()
            self._answered_at = began


class _Session(requests.Session):
    """Keeps `pool` connections open; looks for proxies and certificates in the environment once per host."""

    def __init__(self, auth: AuthBase | None, user_agent: str, pool: int) -> None:
        super().__init__()
        # urllib3 writes paths with their query into its log
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self.auth = auth
        self.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        # without cookies nothing in a session changes, so that all lanes may share it
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=pool, pool_block=False))
        self._settings: dict[tuple[str, str], Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Give what a request is sent with; of all this our requests name `stream` alone."""
        host = urlsplit(url)[:2]
        if host not in self._settings:
            self._settings[host] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**self._settings[host], "stream": stream}


def _load(response: requests.Response, until: float) -> None:
    """Read the body in pieces, so that a server that dribbles can't hold a lane. Raises Fault past `until`."""
    pieces = []
    while piece := response.raw.read1(CHUNK, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > until:
            response.close()
            raise Fault("the answer did not end within request_timeout", late=True)
    response.raw.release_conn()
    response.raw = io.BytesIO(b"".join(pieces))
