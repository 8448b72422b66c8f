"""Client credentials: one token for all lanes, renewed in time, and what is said when there is none."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError
from singer_rest.http.auth import ClientCredentials
from singer_rest.http.client import RestClient
from singer_rest.http.rate_limit import RateLimit
from singer_rest.testing import Answer, ScriptedApi

SECRET = "canary-secret"


def token(value: str, lifetime: Any = 3600) -> Answer:
    return Answer(200, json.dumps({"access_token": value, "token_type": "Bearer", "expires_in": lifetime}).encode())


def client(api: ScriptedApi, tokens: ScriptedApi, retry_seconds: float = 10) -> RestClient:
    form = {"client_id": "me", "client_secret": SECRET}
    return RestClient(
        base_url=api.url,
        auth=ClientCredentials(f"{tokens.url}/token", form, 5),
        rate=RateLimit(10_000),
        retry_seconds=retry_seconds,
        request_timeout=5,
        user_agent="test",
    )


@pytest.fixture
def tokens() -> Any:
    with ScriptedApi() as server:
        server.otherwise = Answer(500)
        yield server


def bearers(api: ScriptedApi) -> list[str]:
    return [asked.headers["Authorization"] for asked in api.asked]


def test_one_token_serves_all_lanes(api: ScriptedApi, tokens: ScriptedApi) -> None:
    tokens.answers = [token("one")]
    caller = client(api, tokens)
    with ThreadPoolExecutor(8) as lanes:
        list(lanes.map(lambda _: caller.get("/things"), range(40)))
    assert set(bearers(api)) == {"Bearer one"}
    assert [asked.body.decode() for asked in tokens.asked] == [
        f"grant_type=client_credentials&client_id=me&client_secret={SECRET}"
    ]


def test_a_token_is_renewed_before_it_ends(api: ScriptedApi, tokens: ScriptedApi) -> None:
    tokens.answers = [token("one", 1e-6), token("two", "soon")]
    caller = client(api, tokens)
    for _ in range(3):
        caller.get("/things")
    assert bearers(api) == ["Bearer one", "Bearer two", "Bearer two"]


def test_a_refused_token_is_renewed_once_and_the_body_is_sent_again(api: ScriptedApi, tokens: ScriptedApi) -> None:
    tokens.answers = [token("one"), token("two"), token("three")]
    api.answers = [Answer(401)]
    caller = client(api, tokens)
    assert caller.patch("/things/1", json={"name": "a"}) == {"ok": True}
    assert bearers(api) == ["Bearer one", "Bearer two"]
    assert [asked.body for asked in api.asked] == [b'{"name":"a"}'] * 2
    api.answers = [Answer(401), Answer(401)]
    with pytest.raises(ApiError) as refused:
        caller.get("/things")
    assert (refused.value.status, len(tokens.asked)) == (401, 3)


def test_lanes_that_are_refused_at_once_fetch_one_token(api: ScriptedApi, tokens: ScriptedApi) -> None:
    tokens.answers = [token("one"), token("two")]
    caller = client(api, tokens)
    caller.get("/things")
    api.answers = [Answer(401, hang=0.2)] * 4
    with ThreadPoolExecutor(4) as lanes:
        list(lanes.map(lambda _: caller.get("/things"), range(4)))
    assert len(tokens.asked) == 2


@pytest.mark.parametrize(
    "stumble", [Answer(503, b"<html>"), Answer(429, headers={"Retry-After": "0"}), Answer(200, b"{}")]
)
def test_where_tokens_are_fetched_may_stumble(api: ScriptedApi, tokens: ScriptedApi, stumble: Answer) -> None:
    tokens.answers = [stumble, token("one")]
    assert client(api, tokens).post("/things", json={}, replay=False) == {"ok": True}
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(401, b'{"error":"invalid_client"}'), "client_id and client_secret are refused"),
        (Answer(404, b"<html>"), "answered 404: check token_url"),
        (Answer(302, headers={"Location": "/login"}), "answered 302: a redirect to another path: set token_url"),
    ],
)
def test_a_refusal_stops_the_run(api: ScriptedApi, tokens: ScriptedApi, answer: Answer, words: str) -> None:
    tokens.otherwise = answer
    with pytest.raises(FatalRunError, match=words) as stopped:
        client(api, tokens).get("/things")
    assert SECRET not in str(stopped.value)
    assert api.asked == []


def test_nobody_where_tokens_are_fetched(api: ScriptedApi) -> None:
    with ScriptedApi() as gone:
        pass
    with pytest.raises(ApiUnavailable, match="token_url"):
        client(api, gone, retry_seconds=0).get("/things")
