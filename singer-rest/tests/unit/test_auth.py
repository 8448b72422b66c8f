"""Who calls: which settings sign, and how long a token lasts. Answers come from memory."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_rest.errors import FatalRunError
from singer_rest.http import auth as module
from singer_rest.http.answers import Fault
from singer_rest.http.auth import ApiKey, Bearer, ClientCredentials, auth_from, basic_user, credentials

if TYPE_CHECKING:
    from requests.auth import AuthBase

TOKEN_URL = "https://shop.example/oauth/token"
CLIENT = {"client_id": "me", "client_secret": "canary", "api_url": "https://shop.example/api/v1"}


class Clock:
    """Time stands still."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def signed(auth: AuthBase) -> dict[str, Any]:
    prepared = requests.Request("GET", "https://shop.example").prepare()
    return dict(auth(prepared).headers)


def token(value: str = "t1", **changed: Any) -> dict[str, Any]:
    return {"json": {"access_token": value, "expires_in": 3600} | changed}


def test_headers() -> None:
    assert signed(ApiKey("k")) == {"X-API-Key": "k"}
    assert signed(Bearer("k")) == {"Authorization": "Bearer k"}
    assert signed(basic_user("k")) == {"Authorization": f"Basic {base64.b64encode(b'k:').decode()}"}


@pytest.mark.parametrize(
    ("config", "names", "headers"),
    [
        ({"api_key": "k"}, "api_key", {"X-API-Key": "k"}),
        ({"api_key": "k", "access_token": "t"}, "api_key", {"X-API-Key": "k"}),
        ({"access_token": "t"}, "access_token", {"Authorization": "Bearer t"}),
        (CLIENT | {"api_key": "k"}, "client_id and client_secret", {"Authorization": "Bearer t1"}),
    ],
)
def test_the_settings_decide(config: dict[str, Any], names: str, headers: dict[str, str], requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, **token())
    assert signed(auth_from(config, ApiKey)) == headers
    assert credentials(config) == names


def test_no_settings() -> None:
    with pytest.raises(FatalRunError, match="api_key is missing"):
        auth_from({}, ApiKey)


def test_the_token_is_asked_for_as_oauth_says(requests_mock: Any) -> None:
    requests_mock.post("https://login.example/t/", **token())
    signed(auth_from(CLIENT | {"token_url": "https://login.example/t/", "scope": "read"}, ApiKey, "tap/1"))
    sent = requests_mock.last_request
    assert sent.text == "grant_type=client_credentials&client_id=me&client_secret=canary&scope=read"
    assert (sent.headers["Content-Type"], sent.headers["User-Agent"]) == ("application/x-www-form-urlencoded", "tap/1")
    assert "Authorization" not in sent.headers


@pytest.mark.parametrize(
    ("expires_in", "lasts"),
    [
        (3600, 3540),
        ("3600", 3540),
        (100, 90),
        (0.5, 0.45),
        (None, 3540),
        ("soon", 3540),
        ("nan", 3540),
        ("inf", 3540),
        (-5, 3540),
        (0, 3540),
        ([], 3540),
    ],
)
def test_a_token_is_renewed_shortly_before_it_ends(
    expires_in: Any, lasts: float, clock: Clock, requests_mock: Any
) -> None:
    requests_mock.post(TOKEN_URL, [token("t1", expires_in=expires_in), token("t2")])
    auth = auth_from(CLIENT, ApiKey)
    for seconds, value in ((0, "t1"), (lasts - 0.01, "t1"), (lasts + 0.01, "t2")):
        clock.now = 1000 + seconds
        assert signed(auth) == {"Authorization": f"Bearer {value}"}


@pytest.mark.parametrize("value", [None, "", 5, "a b", "a\n", "tökén", ["t"]])
def test_what_is_no_token(value: Any, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, **token(access_token=value))
    with pytest.raises(Fault) as fault:
        signed(auth_from(CLIENT, ApiKey))
    assert fault.value.reason == "POST /oauth/token gave no access_token: check token_url"
    assert (fault.value.odd, fault.value.doubt, fault.value.status) == (True, False, None)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            {"status_code": 401, "json": {"error": "invalid_client", "error_description": "canary"}},
            f"POST /oauth/token answered 401 (invalid_client): {module.REFUSED}",
        ),
        ({"status_code": 404}, "POST /oauth/token answered 404: check token_url"),
        (
            {"status_code": 302, "headers": {"Location": "/login"}},
            "POST /oauth/token answered 302: a redirect to another path: set token_url to where it is now",
        ),
    ],
)
def test_a_refusal_stops_the_run(answer: dict[str, Any], line: str, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, **answer)
    with pytest.raises(FatalRunError) as stopped:
        signed(auth_from(CLIENT, ApiKey))
    assert str(stopped.value) == line


@pytest.mark.parametrize(
    ("answer", "pause", "retry_after"),
    [
        ({"status_code": 503, "headers": {"Retry-After": "7"}}, False, 7),
        ({"status_code": 429}, True, None),
        ({"status_code": 504}, False, None),
        ({"text": "<html>"}, False, None),
        ({"exc": requests.ConnectTimeout}, False, None),
    ],
)
def test_a_fault_there_is_one_before_anything_was_sent(
    requests_mock: Any, answer: dict[str, Any], *, pause: bool, retry_after: float | None
) -> None:
    requests_mock.post(TOKEN_URL, **answer)
    with pytest.raises(Fault) as caught:
        signed(ClientCredentials(TOKEN_URL, {"client_secret": "canary"}, 5))
    fault = caught.value
    assert (fault.pause, fault.retry_after, fault.doubt, fault.late) == (pause, retry_after, False, False)
    assert fault.status is None
    assert fault.connected is ("exc" not in answer)
