"""Who calls, and where Streak is."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError
from streak_api.auth import API_URL, api_root, streak_auth
from streak_api.errors import IncompleteList, key_refusal, stopping


def signed(config: dict[str, Any]) -> str:
    request = requests.Request("GET", API_URL, auth=streak_auth(config)).prepare()
    return str(request.headers["Authorization"])


def test_a_key_is_the_user_of_http_basic() -> None:
    assert signed({"api_key": "key", "access_token": "token"}) == "Basic a2V5Og=="


def test_a_token_is_a_bearer() -> None:
    assert signed({"api_key": None, "access_token": "token"}) == "Bearer token"


def test_without_either_the_setting_is_named() -> None:
    with pytest.raises(FatalRunError, match="no Streak API key: set MY_KEY; Gmail makes one"):
        streak_auth({}, "MY_KEY")


@pytest.mark.parametrize("setting", ["api_key", "access_token"])
def test_a_miscopied_key_is_refused_before_it_is_sent(setting: str) -> None:
    with pytest.raises(FatalRunError, match=f"{setting} has a space"):
        streak_auth({setting: " key"})


@pytest.mark.parametrize(
    ("url", "root"),
    [(None, API_URL), ("https://x.example/api/", "https://x.example/api"), ("http://127.0.0.1:1", None)],
)
def test_the_root_has_no_last_slash(url: str | None, root: str | None) -> None:
    assert api_root({"api_url": url}) == (root or url)


@pytest.mark.parametrize(
    ("url", "message"),
    [(f"{API_URL}/v1", "URL must not end in a version"), ("http://x.example", "URL must begin with https://")],
)
def test_an_address_that_cannot_work_names_the_setting(url: str, message: str) -> None:
    with pytest.raises(FatalRunError, match=message):
        api_root({"api_url": url}, "URL")


def refused(status: int, reason: str = "invalid api key") -> ApiError:
    return ApiError(status, reason, "GET", "/v1/users/me")


def test_a_refused_key_and_a_wrong_host_are_told_apart() -> None:
    assert key_refusal(refused(401)) == "Streak refuses the API key (invalid api key): check api_key"
    assert "not as the Streak API does: check api_url" in key_refusal(refused(404))


@pytest.mark.parametrize("error", [refused(400), ApiUnavailable("silence"), IncompleteList("has 2 of 3")])
def test_a_call_that_nothing_can_go_on_without_stops_the_run(error: Exception) -> None:
    with pytest.raises(FatalRunError, match="the list of teams"), stopping("the list of teams"):
        raise error
