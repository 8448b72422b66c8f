"""Every client comes to the same verdict about an answer: those of taps, targets and console, and the token fetch."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import backoff
import pytest
from answers import BODY, GOOD, ROWS, SECONDS, TOKENS, Row, Verdict
from clarity_api.profile import load_profile
from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError
from singer_rest.http import retry
from singer_rest.http.auth import ClientCredentials
from singer_rest.http.client import RestClient
from singer_rest.tap import events
from singer_rest.testing import ScriptedApi
from sync_console.webhooks import accounts
from tap_clarity.client import clarity_reader
from tap_streak.client import streak_client
from target_clarity.connection import clarity_client as clarity_target
from target_streak.connection import streak_client as streak_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_rest.testing import Answer

    Ask = Callable[[str], Any]

KEY = "canary-key"
SETTINGS = {
    "api_key": KEY,
    "requests_per_second": 10_000,
    "request_timeout": SECONDS,
    "retry_seconds": 60,
    "concurrency": 1,
}


def by_tap_clarity(url: str) -> Any:
    profile = load_profile({})
    orders = profile.streams["orders"]
    orders.path = "/things"
    page = clarity_reader(SETTINGS | {"api_url": url}, profile, "test").site.page(orders, {})
    assert (page.rows, page.has_more) == ([], False)
    return BODY


def by_token(url: str) -> Any:
    """A call that works, signed with a token that is fetched there."""
    form = {"client_id": "me", "client_secret": KEY}
    with ScriptedApi() as api:
        api.otherwise = GOOD
        client = RestClient(
            base_url=api.url,
            auth=ClientCredentials(f"{url}/things", form, SECONDS),
            user_agent="test",
            request_timeout=60,
            retry_seconds=60,
        )
        for _ in range(2):
            body = client.get("/things")
        assert {asked.headers["Authorization"] for asked in api.asked} == {"Bearer canary-token"}
        return body


CLIENTS: dict[str, Ask] = {
    "tap-clarity": by_tap_clarity,
    "tap-streak": lambda url: streak_client(SETTINGS | {"api_url": url}, "test").get("/things"),
    "target-clarity": lambda url: clarity_target(SETTINGS | {"api_url": url}, load_profile({})).get("/things"),
    "target-streak": lambda url: streak_target(SETTINGS | {"api_url": url}).get("/things"),
    "console at Clarity": lambda url: accounts.clarity_client(SETTINGS | {"api_url": url}).get("/things"),
    "console at Streak": lambda url: accounts.streak_client(SETTINGS | {"api_url": url}).get("/things"),
    "token": by_token,
}
SETTING = {
    "console at Clarity": "TAP_CLARITY_API_URL",
    "console at Streak": "TAP_STREAK_API_URL",
    "token": "token_url",
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for no particular time, waits for none."""
    monkeypatch.setattr(backoff, "full_jitter", lambda _: 0.0)
    monkeypatch.setattr(retry, "SHORTEST_PAUSE", 0.0)
    monkeypatch.setattr(accounts, "REQUEST_TIMEOUT", SECONDS)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as server:
        server.otherwise = GOOD
        yield server


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("client", CLIENTS)
def test_all_clients_agree(client: str, row: Row, api: ScriptedApi) -> None:
    hold(CLIENTS[client], row, api, SETTING.get(client, "api_url"))


@pytest.mark.parametrize("row", TOKENS, ids=lambda row: row.name)
def test_a_token_is_one_or_is_asked_for_again(row: Row, api: ScriptedApi) -> None:
    hold(by_token, row, api, "token_url")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_feed_of_events_agrees(row: Row, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows a feed decides how long it is asked again."""
    monkeypatch.setattr(events, "ANSWER_SECONDS", SECONDS)
    script(api, row.answer, forever=row.forever)
    feed = events.Feed(api.url, KEY, "things", "test")
    if row.verdict is Verdict.RESULT:
        assert feed.after(0, 0) == events.Batch([], 0, gap=False)
        return
    with pytest.raises(FatalRunError if row.verdict is Verdict.REFUSED else ApiUnavailable) as caught:
        feed.after(0, 0)
    assert len(api.asked) == 1
    assert not [secret for secret in (KEY, "canary@", "?key=", "\n") if secret in str(caught.value)]
    if isinstance(caught.value, ApiUnavailable) and row.verdict is Verdict.ENDS:
        assert caught.value.retry_after == 86400


def hold(ask: Ask, row: Row, api: ScriptedApi, setting: str) -> None:
    """Hold a client against a row."""
    script(api, row.answer, forever=row.forever)
    match row.verdict:
        case Verdict.RESULT | Verdict.AGAIN:
            assert ask(api.url).keys() >= {"data", "results"}
            line = ""
        case Verdict.REFUSED | Verdict.THRICE:
            with pytest.raises((ApiError, FatalRunError)) as caught:
                ask(api.url)
            line = str(caught.value)
        case _:
            with pytest.raises(ApiUnavailable) as caught:
                ask(api.url)
            line = str(caught.value)
            assert setting in line or row.verdict is Verdict.ENDS
    tries = {Verdict.AGAIN: 2, Verdict.THRICE: 3, Verdict.BRIEFLY: 3}.get(row.verdict, 1)
    assert len([asked for asked in api.asked if asked.path == "/api/things"]) == tries
    assert not [secret for secret in (KEY, "canary@", "canary\n", "?key=", "\n") if secret in line]
    if line:
        assert f" answered {row.answer.status}" in line or "gave no access_token" in line
        assert line.split()[1] == "/api/things"


def script(api: ScriptedApi, answer: Answer, *, forever: bool) -> None:
    if forever:
        api.otherwise = answer
    else:
        api.answers = [answer]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


PLACES = {
    "nobody listens": ("http://127.0.0.1:{closed}/api", {}, "connection refused"),
    "no such host": ("https://nowhere.invalid/api", {}, "no such host"),
    "no TLS where it should be": ("https://127.0.0.1:{open}/api", {}, "can't be trusted (TLS)"),
    "a proxy that is down": ("https://127.0.0.1:{open}/api", {"https_proxy": "http://127.0.0.1:{closed}"}, "proxy"),
    "a proxy that refuses": ("https://127.0.0.1:{closed}/api", {"https_proxy": "http://127.0.0.1:{open}"}, "proxy"),
    "a proxy that is no address": ("https://127.0.0.1:{open}/api", {"https_proxy": "http://"}, "proxy"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("client", CLIENTS)
def test_who_can_not_be_reached_is_tried_once(
    client: str, place: str, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, environment, why = PLACES[place]
    ports = {"closed": closed_port(), "open": api.port}
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(**ports))
        monkeypatch.setenv("no_proxy", "api.example")
    with pytest.raises(ApiUnavailable) as caught:
        CLIENTS[client](url.format(**ports))
    assert why in str(caught.value)
    assert "proxy" in why or SETTING.get(client, "api_url") in str(caught.value)
    assert not caught.value.connected
    assert KEY not in str(caught.value)
