"""Calls: what is sent, what comes back, what is repeated and what never is."""

from __future__ import annotations

import base64
import logging
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from email.utils import formatdate
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from requests.auth import HTTPBasicAuth
from singer_rest_sink.client import RestClient
from singer_rest_sink.errors import AnswerLost, ApiError, ApiUnavailable, RecordRejected, RunStopped, told
from singer_rest_sink.rate import RateLimit
from singer_rest_sink.testing import Answer, ScriptedApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

SECRET = "canary-key"
PERSON = "canary.person@example.com"
HTML = Answer(500, b"<html>Error: Server Error</html>", {"Content-Type": "text/html"})
BUSY = Answer(429, b'{"error":"slow down"}')

# every fault that passes: the call is repeated until it works
FAULTS = {
    "html 500": HTML,
    "500 without a body": Answer(500, b""),
    "502": Answer(502),
    "503 with Retry-After": Answer(503, headers={"Retry-After": "0"}),
    "408": Answer(408),
    "425": Answer(425),
    "429 with seconds": Answer(429, headers={"Retry-After": "0.1"}),
    "429 with a date": Answer(429, headers={"Retry-After": formatdate(usegmt=True)}),
    "429 with nonsense": Answer(429, headers={"Retry-After": "soon"}),
    "truncated JSON": Answer(200, b'{"ok": tr'),
    "answer cut off": Answer(200, cut=5),
    "HTML on a 200": Answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}),
    "JSON called HTML": Answer(200, headers={"Content-Type": "text/html; charset=utf-8"}),
    "nothing on a 200": Answer(200, b""),
    "no UTF-8": Answer(200, b'{"ok": "\xff"}'),
    "reset": Answer(reset=True),
    "hang": Answer(hang=0.8),
    "a drip": Answer(200, b'{"ok": "............"}', drip=0.1),
}
# of these it is known that the call had no effect
HARMLESS = {name for name in FAULTS if name[:3] in {"408", "425", "429"}}


def client_for(url: str, **changed: Any) -> RestClient:
    settings: dict[str, Any] = {
        "auth": HTTPBasicAuth(SECRET, ""),
        "rate": RateLimit(10_000),
        "retry_seconds": 10,
        "request_timeout": 0.5,
        "user_agent": "test/1",
    }
    return RestClient(base_url=url, **settings | changed)


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[RestClient]:
    one = client_for(api.url)
    yield one
    one.close()


def test_money_keeps_its_digits_both_ways(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(body=b'{"total": 208.380, "n": 3, "big": 1e2, "huge": 12345678901234567890}')]
    total = Decimal("1330735.70")
    assert client.post("/boxes", json={"total": total, "name": "Zoë"}) == {
        "total": Decimal("208.380"),
        "n": 3,
        "big": Decimal(100),
        "huge": 12345678901234567890,
    }
    assert api.asked[0].body == '{"total":1330735.70,"name":"Zoë"}'.encode()
    assert api.asked[0].headers["Content-Type"] == "application/json"
    assert api.asked[0].headers["User-Agent"] == "test/1"


def test_every_verb_form_and_query(api: ScriptedApi, client: RestClient) -> None:
    client.get("boxes", params={"page": 2})
    client.put("/stages", form={"name": "Neu & schön"})
    client.patch("/boxes/b1", json={"a": None})
    client.delete("/boxes/b1")
    client.post("/boxes", json={}, headers={"Idempotency-Key": "k1"})
    assert [(one.method, one.path) for one in api.asked] == [
        ("GET", "/api/boxes?page=2"),
        ("PUT", "/api/stages"),
        ("PATCH", "/api/boxes/b1"),
        ("DELETE", "/api/boxes/b1"),
        ("POST", "/api/boxes"),
    ]
    assert api.asked[1].body == b"name=Neu+%26+sch%C3%B6n"
    assert api.asked[4].headers["Idempotency-Key"] == "k1"
    assert (client.calls, client.retries) == (5, 0)


def test_an_empty_answer_is_fine_where_nothing_is_to_be_said(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(204, b""), Answer(200, b"")]
    assert client.post("/hooks") is None
    assert client.delete("/boxes/b1") is None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_passes_is_repeated(api: ScriptedApi, client: RestClient, fault: Answer) -> None:
    api.answers = [fault]
    assert client.post("/boxes/b1", json={"name": "x"}) == {"ok": True}
    assert len(api.asked) == 2
    assert (client.calls, client.retries) == (2, 1)


@pytest.mark.parametrize("name", FAULTS)
def test_a_create_in_doubt_is_never_repeated(api: ScriptedApi, client: RestClient, name: str) -> None:
    api.answers = [FAULTS[name]]
    if name in HARMLESS:
        assert client.post("/boxes", json={}, replay=False) == {"ok": True}
        return
    with pytest.raises(AnswerLost):
        client.post("/boxes", json={}, replay=False)
    assert len(api.asked) == 1


def test_a_create_in_doubt_is_looked_up_before_it_is_sent_again(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [HTML, Answer(reset=True), Answer(body=b'{"key":"k2"}')]
    asked: list[int] = []

    def look_up() -> dict[str, str] | None:
        asked.append(len(api.asked))
        return None

    assert client.create("/boxes", json={"name": "x"}, look_up=look_up) == {"key": "k2"}
    assert asked == [1, 2]


def test_a_create_that_had_its_effect_is_found(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(hang=0.8)]
    assert client.create("/boxes", json={}, look_up=lambda: {"key": "k1"}) == {"key": "k1"}
    assert len(api.asked) == 1


def test_a_create_that_timed_out_is_looked_for_as_long_as_it_may_still_have_its_effect(api: ScriptedApi) -> None:
    api.answers = [Answer(hang=0.8)]
    began = time.monotonic()

    def look_up() -> dict[str, str] | None:
        return {"key": "k1"} if time.monotonic() - began > 1.5 else None

    assert client_for(api.url, late_seconds=3).create("/boxes", json={}, look_up=look_up) == {"key": "k1"}
    assert len(api.asked) == 1


def test_who_can_not_wait_for_a_late_effect_does_not_create_again(api: ScriptedApi) -> None:
    api.answers = [Answer(504)]
    with pytest.raises(ApiUnavailable, match="answered 504"):
        client_for(api.url, late_seconds=3, retry_seconds=2).create("/boxes", json={}, look_up=lambda: None)
    assert len(api.asked) == 1


def test_a_create_waits_as_long_as_it_is_told(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(503, headers={"Retry-After": "1"})]
    began = time.monotonic()
    assert client.create("/boxes", json={}, look_up=lambda: None) == {"ok": True}
    assert time.monotonic() - began >= 1


def test_a_create_that_never_works_ends(api: ScriptedApi) -> None:
    api.otherwise = HTML
    with pytest.raises(ApiUnavailable, match="answered 500"):
        client_for(api.url, retry_seconds=1).create("/boxes", json={}, look_up=lambda: None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_refusal_is_told_in_the_vendors_words_and_never_repeated(
    api: ScriptedApi, client: RestClient, status: int
) -> None:
    api.otherwise = Answer(status, b'{"success":false,"error":"Insufficient params for Pipeline"}')
    with pytest.raises(ApiError) as caught:
        client.post("/pipelines", json={"name": "canary"}, params={"q": "canary"})
    assert (caught.value.status, caught.value.reason) == (status, "Insufficient params for Pipeline")
    assert str(caught.value) == f"POST /pipelines answered {status}"
    assert len(api.asked) == 1


def test_success_false_is_an_error_even_with_200(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(200, b'{"success":false,"error":"Missing parameters"}')
    with pytest.raises(ApiError, match="answered 200") as refused:
        client.get("/boxes")
    assert (refused.value.reason, refused.value.final, len(api.asked)) == ("Missing parameters", False, 3)


def test_success_false_may_be_a_fault_of_the_moment(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(200, b'{"success":false}')]
    assert client.get("/boxes") == {"ok": True}
    api.answers = [Answer(200, b'{"success":false}')]
    assert client.create("/boxes", json={}, look_up=lambda: {"key": "k1"}) == {"key": "k1"}


def test_a_refusal_that_is_cut_off_is_heard_again(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(409, b'{"error":{"code":"version_con'), Answer(409, b'{"error":"moved on"}')]
    with pytest.raises(ApiError) as caught:
        client.patch("/boxes/1", json={})
    assert (caught.value.answer, len(api.asked)) == ({"error": "moved on"}, 2)
    api.answers = [Answer(404, b'{"error":'), Answer(200, b'{"key":"k1"}')]
    assert client.create("/boxes", json={}, look_up=lambda: None) == {"key": "k1"}
    api.otherwise = Answer(400, b'{"error":')
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert (caught.value.status, caught.value.final) == (400, True)


def test_reasons_are_short_one_line_and_without_addresses(api: ScriptedApi, client: RestClient) -> None:
    long = f"bad\\n\\u0000 contact {PERSON} " + "x" * 1000
    api.answers = [Answer(400, f'{{"error":"{long}"}}'.encode()), Answer(404, b"<html>no</html>")]
    with pytest.raises(ApiError) as caught:
        client.get("/contacts")
    assert len(caught.value.reason) <= 300
    assert caught.value.reason.startswith(f"bad contact {PERSON} x")
    assert str(caught.value) == "GET /contacts answered 400"  # whose words they are, nobody knows
    with pytest.raises(ApiError) as caught:
        client.get("/contacts")
    assert caught.value.reason == "Not Found"


@pytest.mark.parametrize(
    "words", [f"who is {SECRET}?", f"{base64.b64encode(f'{SECRET}:'.encode()).decode()} is no key"]
)
def test_a_reason_does_not_show_the_key_that_it_quotes(api: ScriptedApi, client: RestClient, words: str) -> None:
    api.otherwise = Answer(403, f'{{"error":"{words}"}}'.encode())
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert "***" in caught.value.reason
    assert SECRET not in caught.value.reason
    assert not re.search("[A-Za-z0-9]{12}", caught.value.reason)


@pytest.mark.parametrize("text", [f"{'x' * 287} {PERSON}", "für jürgen.müller+shop@exämple.de.", '"email:jürgen@x.de"'])
def test_an_address_is_masked_whole(text: str) -> None:
    assert not re.search("canary|rgen", told(text))
    assert re.search(r" [cj]\*\*\*|:j\*\*\*@x", told(text))


def test_a_reason_that_cannot_be_read_hides_nothing(api: ScriptedApi) -> None:
    def broken(response: requests.Response) -> str:
        return str(response.json()["error"])

    api.otherwise = Answer(404, b"gone")
    with pytest.raises(ApiError) as caught:
        client_for(api.url, error_reason=broken).get("/boxes/b1")
    assert caught.value.reason == "status 404"


def test_a_redirect_is_not_followed_with_the_key(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(301, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert "`api_url`" in caught.value.reason
    assert len(api.asked) == 1


def test_time_runs_out(api: ScriptedApi) -> None:
    api.otherwise = HTML
    client = client_for(api.url, retry_seconds=1.5)
    began = time.monotonic()
    with pytest.raises(ApiUnavailable, match=r"127\.0\.0\.1:.* answered 500") as caught:
        client.get("/boxes")
    assert time.monotonic() - began < 2
    assert caught.value.status == 500
    assert caught.value.connected
    assert client.retries == len(api.asked) - 1 >= 1


def test_who_must_wait_longer_than_allowed_is_told_at_once(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(503, headers={"Retry-After": "3600"})
    began = time.monotonic()
    with pytest.raises(ApiUnavailable):
        client.get("/boxes")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept(api: ScriptedApi, client: RestClient, form: str) -> None:
    # a server whose clock is an hour off still means two seconds
    now = time.time() + 3600
    header = "2" if form == "seconds" else formatdate(now + 2, usegmt=True)
    dated = Answer(503, headers={"Retry-After": header, "Date": formatdate(now, usegmt=True)})
    api.answers = [dated]
    client.get("/boxes")
    waited = api.asked[1].at - api.asked[0].at
    assert waited < 3
    assert waited >= (2 if form == "seconds" or "date" in dated.headers else 0)


def test_a_429_holds_all_lanes_until_the_same_instant(api: ScriptedApi) -> None:
    api.answers = [Answer(429, headers={"Retry-After": "1"})]
    client = client_for(api.url, rate=RateLimit(100))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.get(f"/boxes/{number}"), range(16)))
    told = api.asked[0].at
    early = [one for one in api.asked if told + 0.1 < one.at < told + 0.95]
    assert early == []
    assert client.waited > 1


def test_the_limit_holds_with_retries_and_eight_lanes(api: ScriptedApi) -> None:
    api.answers = [Answer(503, headers={"Retry-After": "0"}) for _ in range(10)]
    client = client_for(api.url, rate=RateLimit(50), pool=8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.get(f"/boxes/{number}"), range(100)))
    arrived = sorted(one.at for one in api.asked)
    assert len(arrived) == 110
    # one more than were sent in a second may arrive in it, as each is on its way for some ms of its own
    assert max(sum(1 for later in arrived if at <= later < at + 1) for at in arrived) <= 51


def test_connections_are_used_again(api: ScriptedApi, client: RestClient) -> None:
    for _ in range(5):
        client.get("/boxes")
    assert len(client._session.get_adapter(api.url).poolmanager.pools) == 1  # type: ignore[attr-defined]
    (pool,) = client._session.get_adapter(api.url).poolmanager.pools._container.values()  # type: ignore[attr-defined]
    assert pool.num_connections == 1


def test_nobody_is_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(ApiUnavailable) as caught:
        client_for(f"http://127.0.0.1:{port}/api").get("/users/me", params={"q": PERSON})
    assert str(caught.value) == (
        f"can't reach 127.0.0.1:{port} (connection refused): is `api_url` right and the API running?"
    )
    assert not caught.value.connected
    assert time.monotonic() - began < 2


def test_no_such_host() -> None:
    with pytest.raises(ApiUnavailable, match=r"can't reach nowhere\.invalid .*`api_url`"):
        client_for("http://nowhere.invalid/api").get("/users/me")


def test_https_where_http_is_spoken(api: ScriptedApi) -> None:
    with pytest.raises(ApiUnavailable, match=r"`api_url`"):
        client_for(api.url.replace("http:", "https:")).get("/users/me")


@pytest.mark.parametrize("url", ["", "api.example.com/v1", "ftp://example.com", "http://"])
def test_no_address(url: str) -> None:
    with pytest.raises(RunStopped, match="`api_url` must be an address"):
        client_for(url)


def test_a_host_that_goes_away_for_a_while_is_waited_for() -> None:
    with ScriptedApi() as before:
        before.otherwise = Answer(headers={"Connection": "close"})
        client = client_for(before.url)
        client.get("/boxes")
    back: list[ScriptedApi] = []
    starts = Timer(0.5, lambda: back.append(ScriptedApi(before.port).__enter__()))
    starts.start()
    assert client.get("/boxes") == {"ok": True}
    assert client.retries >= 1
    back[0].__exit__()


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb"])
def test_half_characters_are_the_records_fault(client: RestClient, value: str) -> None:
    with pytest.raises(RecordRejected, match="half a character"):
        client.post("/boxes", json={"name": value})
    with pytest.raises(RecordRejected):
        client.get("/search", params={"name": value})
    assert client.calls <= 1


def test_nesting_without_end_is_the_records_fault(client: RestClient) -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(RecordRejected, match="nested too deeply"):
        client.post("/boxes", json=deep)


def test_a_stopped_client_keeps_nobody(api: ScriptedApi) -> None:
    api.otherwise = Answer(503, headers={"Retry-After": "60"})
    client = client_for(api.url, retry_seconds=120)
    Timer(0.3, client.stop).start()
    began = time.monotonic()
    with pytest.raises(ApiUnavailable, match="stopped"):
        client.get("/boxes")
    assert time.monotonic() - began < 5


def test_nothing_secret_is_logged_or_raised(api: ScriptedApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_for(api.url, request_timeout=0.3)
    for fault in FAULTS.values():
        api.answers = [fault]
        client.post("/boxes", json={"email": PERSON, "key": SECRET}, params={"q": PERSON})
    api.otherwise = Answer(400, f'{{"error":"no {PERSON}"}}'.encode())
    with pytest.raises(ApiError) as caught:
        client.post("/boxes", json={"email": PERSON, "key": SECRET}, params={"q": PERSON})
    told = caplog.text + repr(caught.value) + str(caught.value)
    assert SECRET not in told
    assert PERSON not in told
    assert "q=" not in caplog.text


def test_a_proxy_of_the_environment_is_used_for_every_call(api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", api.url)
    client = client_for("http://api.example")
    for _ in range(2):
        client.get("/boxes")
    assert [asked.path for asked in api.asked] == ["http://api.example/boxes"] * 2
