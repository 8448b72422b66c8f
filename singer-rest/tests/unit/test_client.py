"""One call: what is sent, what is waited for, what is raised. On a clock of its own, with answers from memory."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import backoff
import pytest
import requests
from requests.exceptions import InvalidProxyURL
from requests_mock import ANY
from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError, NoAccess, OutcomeUnknown, RecordRejected
from singer_rest.http import client as module
from singer_rest.http.answers import Fault, OddAnswer, Wording
from singer_rest.http.auth import ApiKey
from singer_rest.http.client import RestClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "https://api.example/api"
OK = {"json": {"ok": True}}
BUSY = {"status_code": 503}
LATE = {"status_code": 504}


class Clock:
    """Time goes on only while the client waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    time = monotonic

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(backoff, "full_jitter", lambda longest: longest)
    return clock


@pytest.fixture
def make(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RestClient]:
    def made(**changed: Any) -> RestClient:
        settings: dict[str, Any] = {"auth": ApiKey("canary"), "retry_seconds": 10, "request_timeout": 5}
        client = RestClient(base_url=URL, user_agent="test/1", **settings | changed)
        monkeypatch.setattr(client._stopped, "wait", clock.wait)
        monkeypatch.setattr(client._rate, "pause_until", lambda instant: clock.wait(instant - clock.now))
        return client

    return made


def test_what_is_sent(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.register_uri("POST", f"{URL}/boxes", json={"total": 1.50, "n": 1})
    body = make().post("boxes", json={"total": Decimal("208.380")}, params={"q": "a b"}, headers={"If-Match": "7"})
    assert body == {"total": Decimal("1.5"), "n": 1}
    sent = requests_mock.last_request
    assert (sent.url, sent.text) == (f"{URL}/boxes?q=a+b", '{"total":208.380}')
    names = ("User-Agent", "Accept", "Content-Type", "X-API-Key", "If-Match")
    assert [sent.headers[name] for name in names] == ["test/1", "application/json", "application/json", "canary", "7"]
    assert sent.timeout == 5
    assert not sent.allow_redirects


def test_every_verb(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.register_uri(ANY, f"{URL}/boxes", **OK)
    client = make()
    for verb in ("get", "post", "put", "patch", "delete"):
        assert getattr(client, verb)("/boxes", timeout=2) == {"ok": True}
        assert (requests_mock.last_request.method, requests_mock.last_request.timeout) == (verb.upper(), 2)
    assert (client.calls, client.retries) == (5, 0)


def test_a_fault_is_waited_for_and_the_call_repeated(
    make: Callable[..., RestClient], requests_mock: Any, clock: Clock
) -> None:
    requests_mock.get(f"{URL}/boxes", [BUSY, BUSY, {"status_code": 429, "headers": {"Retry-After": "2"}}, OK])
    client = make()
    assert client.get("/boxes") == {"ok": True}
    assert clock.waits == [0.5, 1.0, 2.0]
    assert (client.calls, client.retries) == (4, 3)


def test_time_runs_out(make: Callable[..., RestClient], requests_mock: Any, clock: Clock) -> None:
    requests_mock.get(f"{URL}/boxes", text='{"error":"canary"}', status_code=503)
    with pytest.raises(ApiUnavailable, match=r"^GET /api/boxes answered 503$") as caught:
        make().get("/boxes")
    assert (caught.value.status, caught.value.connected) == (503, True)
    assert clock.now == 1010
    with pytest.raises(ApiUnavailable):
        make().get("/boxes", retry_seconds=3)
    assert clock.now == 1013


def test_who_must_wait_too_long_is_told_for_how_long(
    make: Callable[..., RestClient], requests_mock: Any, clock: Clock
) -> None:
    requests_mock.get(f"{URL}/boxes", headers={"Retry-After": "3600"}, status_code=503)
    with pytest.raises(ApiUnavailable) as caught:
        make().get("/boxes")
    assert (caught.value.retry_after, clock.waits) == (3600, [])


def test_a_create_in_doubt_is_never_repeated(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.post(f"{URL}/boxes", [{"status_code": 425}, LATE, OK])
    with pytest.raises(OutcomeUnknown, match=r"^POST /api/boxes: answered 504$") as caught:
        make().post("/boxes", json={}, replay=False)
    assert (caught.value.status, requests_mock.call_count) == (504, 2)


def test_a_lost_create_is_looked_for_until_it_surely_had_no_effect(
    make: Callable[..., RestClient], requests_mock: Any, clock: Clock
) -> None:
    requests_mock.post(f"{URL}/boxes", [LATE, BUSY, OK])
    looked: list[float] = []

    def look_up() -> None:
        looked.append(clock.now)

    assert make(late_seconds=4, retry_seconds=60).create("/boxes", json={}, look_up=look_up) == {"ok": True}
    # after the first wait, then 1, 2, 4 … seconds later until 4 are over; and once after the 503
    assert looked == [1000.5, 1001.5, 1003.5, 1004, 1012]
    assert requests_mock.call_count == 3


def test_a_lost_create_that_had_its_effect_is_found(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.post(f"{URL}/boxes", [LATE])
    finds = iter([None, {"key": "k1"}])
    assert make().create("/boxes", json={}, look_up=lambda: next(finds)) == {"key": "k1"}
    assert requests_mock.call_count == 1


def test_who_has_no_time_to_be_sure_does_not_create_again(
    make: Callable[..., RestClient], requests_mock: Any, clock: Clock
) -> None:
    requests_mock.post(f"{URL}/boxes", [LATE])
    with pytest.raises(ApiUnavailable, match="answered 504"):
        make(late_seconds=60).create("/boxes", json={}, look_up=lambda: None)
    assert (requests_mock.call_count, clock.now <= 1010) == (1, True)


def test_success_false_counts_when_it_insists(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.get(f"{URL}/boxes", text='{"success":false,"error":"busy"}')
    with pytest.raises(ApiError, match=r"^GET /api/boxes answered 200 \(busy\)$") as caught:
        make().get("/boxes")
    assert (caught.value.final, requests_mock.call_count) == (False, 3)


def test_an_odd_answer_of_a_stranger_is_heard_three_times(make: Callable[..., RestClient], requests_mock: Any) -> None:
    def rows(body: Any) -> None:
        if "rows" not in body:
            raise OddAnswer("gave no rows")

    requests_mock.get(f"{URL}/boxes", [OK, OK, OK, {"json": {"rows": []}}, *[OK] * 4, {"json": {"rows": [1]}}])
    client = make(retry_seconds=120, wording=Wording("events_url"))
    with pytest.raises(ApiUnavailable, match=r"^GET /api/boxes gave no rows: check events_url$"):
        client.get("/boxes", expect=rows)
    assert client.get("/boxes", expect=rows) == {"rows": []}
    assert client.get("/boxes", expect=rows) == {"rows": [1]}


@pytest.mark.parametrize("status", [401, 403])
def test_no_access_is_told_from_a_bad_key(status: int, make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.get(f"{URL}/box", status_code=status, text='{"error":"not_yours"}')
    me = requests_mock.get(f"{URL}/me", [OK, OK, {"status_code": 401}])
    client = make(probe_path="/me")
    with pytest.raises(ApiError) as refused:
        client.get("/box")
    assert not isinstance(refused.value, NoAccess)
    client.get("/me")
    with pytest.raises(NoAccess, match=rf"^GET /api/box answered {status} \(not_yours\): no access$"):
        client.get("/box")
    with pytest.raises(ApiError, match=r"^GET /api/me answered 401$"):
        client.get("/box")
    assert me.call_count == 3


def test_what_the_api_knows(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.get(f"{URL}/me", **OK)
    for path, status in (("known", 200), ("hidden", 401), ("odd", 400), ("none", 404), ("gone", 410), ("bad", 422)):
        requests_mock.get(f"{URL}/{path}", status_code=status, json={})
    client = make(probe_path="/me")
    client.get("/me")
    assert [client.knows(f"/{path}") for path in ("known", "hidden", "odd", "none", "gone")] == [
        *[True] * 2,
        *[False] * 3,
    ]
    with pytest.raises(ApiError):
        client.knows("/bad")


@pytest.mark.parametrize("error", [requests.exceptions.InvalidURL("x"), UnicodeError("x")])
def test_what_can_not_be_sent_is_the_record_s_fault(
    error: Exception, make: Callable[..., RestClient], requests_mock: Any
) -> None:
    requests_mock.get(f"{URL}/boxes", exc=error)
    with pytest.raises(RecordRejected):
        make().get("/boxes")


def test_a_proxy_that_is_no_address_is_not(make: Callable[..., RestClient], requests_mock: Any) -> None:
    requests_mock.get(f"{URL}/boxes", exc=InvalidProxyURL("x"))
    with pytest.raises(ApiUnavailable, match=r"can't reach api\.example: the proxy .* \(HTTPS_PROXY"):
        make().get("/boxes")


def test_a_stopped_client_asks_nobody(make: Callable[..., RestClient], requests_mock: Any) -> None:
    client = make()
    client.stop()
    with pytest.raises(ApiUnavailable, match="the run was stopped"):
        client.get("/boxes")
    assert requests_mock.call_count == 0


@pytest.mark.parametrize("url", ["", "api.example", "https://me:canary@api.example"])
def test_no_address(url: str) -> None:
    with pytest.raises(FatalRunError, match=r"^events_url is no plain URL"):
        RestClient(
            base_url=url, auth=None, user_agent="", request_timeout=1, retry_seconds=1, wording=Wording("events_url")
        )


def test_retries_are_said_as_loud_as_is_wanted(
    make: Callable[..., RestClient], requests_mock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    refused = {"status_code": 503, "text": '{"error":"canary@example.com"}'}
    for client in (make(), make(log_level=logging.WARNING)):
        requests_mock.get(f"{URL}/boxes", [refused, OK])
        client.get("/boxes", params={"q": "canary"})
    assert [record.getMessage() for record in caplog.records] == ["GET /api/boxes answered 503; trying again in 0.5 s"]


def test_the_loop_ends_with_a_result_or_with_what_the_wait_raises() -> None:
    broken, nobody = Fault("broke the connection"), Fault("can't reach it", doubt=False, connected=False)
    outcomes: Iterator[Fault | str] = iter([broken, nobody, "done", broken, broken])
    waited: list[tuple[str, Fault, int]] = []

    class Scripted(RestClient):
        def _attempt(self, call: Any) -> Any:  # noqa: ARG002 - whatever the call, the next outcome
            outcome = next(outcomes)
            if isinstance(outcome, Fault):
                raise outcome
            return outcome

        def _wait(self, failed: Any) -> None:
            waited.append((failed["args"][0], failed["exception"], failed["tries"]))
            if len(waited) == 4:
                raise TimeoutError

    scripted = Scripted(base_url=URL, auth=None, user_agent="test/1", retry_seconds=10, request_timeout=5)
    loop: Any = scripted._persistently
    assert loop("first") == "done"
    with pytest.raises(TimeoutError):
        loop("second")
    assert waited == [("first", broken, 1), ("first", nobody, 2), ("second", broken, 1), ("second", broken, 2)]
