"""Calls: what is sent, what comes back, and when nobody is there."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from clients import PERSON, client_for
from singer_rest.errors import ApiUnavailable, FatalRunError, RecordRejected
from singer_rest.testing import Answer, ScriptedApi

if TYPE_CHECKING:
    from singer_rest.http.client import RestClient


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


def test_the_servers_clock_goes_on_whatever_ours_does(
    api: ScriptedApi, client: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.answers = [Answer(headers={"Date": "Sat, 02 May 2020 12:00:00 GMT"}), Answer(headers={"Date": "nonsense"})]
    steady, wall = time.monotonic(), time.time()
    client.get("/boxes")
    assert client.answered_at == datetime(2020, 5, 2, 12, tzinfo=UTC)
    monkeypatch.setattr(time, "time", lambda: wall + 3600)
    assert client.server_now() - client.answered_at < timedelta(minutes=30)
    monkeypatch.setattr(time, "monotonic", lambda: steady + 7200)
    assert timedelta(minutes=90) < client.server_now() - client.answered_at <= timedelta(hours=2)
    monkeypatch.undo()
    client.get("/boxes")
    assert abs(client.answered_at.timestamp() - time.time()) < 600  # a server without a clock has ours


def test_json_that_is_called_html_is_json(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(headers={"Content-Type": "text/html; charset=utf-8"})]
    assert client.get("/boxes") == {"ok": True}


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
    client = client_for(f"http://127.0.0.1:{port}/api")
    with pytest.raises(ApiUnavailable) as caught:
        client.get("/users/me", params={"q": PERSON})
    assert str(caught.value) == (
        f"can't reach 127.0.0.1:{port} (connection refused): check api_url, and that the API is running"
    )
    assert not caught.value.connected
    assert client.retries == 0


def test_no_such_host() -> None:
    with pytest.raises(ApiUnavailable, match=r"can't reach nowhere\.invalid .*check api_url"):
        client_for("http://nowhere.invalid/api").get("/users/me")


def test_https_where_http_is_spoken(api: ScriptedApi) -> None:
    with pytest.raises(ApiUnavailable, match="check api_url"):
        client_for(api.url.replace("http:", "https:")).get("/users/me")


@pytest.mark.parametrize("url", ["", "api.example.com/v1", "ftp://example.com", "http://"])
def test_no_address(url: str) -> None:
    with pytest.raises(FatalRunError, match="api_url is no plain URL"):
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
    assert time.monotonic() - began < 50


def test_a_proxy_of_the_environment_is_used_for_every_call(api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", api.url)
    client = client_for("http://api.example")
    for _ in range(2):
        client.get("/boxes")
    assert [asked.path for asked in api.asked] == ["http://api.example/boxes"] * 2
