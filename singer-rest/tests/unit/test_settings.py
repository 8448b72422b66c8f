"""Settings that can't work are named, and their values are not."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.http.settings import (
    check_date,
    check_feed,
    check_key_or_client,
    check_keys,
    check_url,
    is_loopback,
    plain_url,
)

NO_URLS = [
    "",
    "api.example.com/v1",
    "ftp://api.example.com",
    "https://",
    "https://me:canary@api.example.com/v1",
    "https://api.example.com/v1?key=canary",
    "https://api.example.com/v1#canary",
    "https://api.example.com:canary/v1",
    "https://[::1",
]


@pytest.mark.parametrize("url", NO_URLS)
def test_no_plain_url(url: str) -> None:
    for check in (plain_url, check_url):
        with pytest.raises(FatalRunError) as stopped:
            check(url, "token_url", "https://shop.example.com/token")
        expected = "token_url is no plain URL: write it like https://shop.example.com/token, without user name or query"
        assert str(stopped.value) == expected


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_this_machine_is_spoken_to_without_encryption(host: str) -> None:
    assert check_url(f"http://{host}:8711/api/") == f"http://{host}:8711/api"


@pytest.mark.parametrize("host", ["api.example.com", "10.0.0.1", "localhost.example.com", "[::2]"])
def test_other_machines_are_not(host: str) -> None:
    assert check_url(f"https://{host}/api") == f"https://{host}/api"
    with pytest.raises(FatalRunError, match="api_url must begin with https://"):
        check_url(f"http://{host}/api")


def test_loopback() -> None:
    assert not is_loopback("")
    assert is_loopback("::1")


@pytest.mark.parametrize("value", ["canary\n", " canary", "can\tary", "canary…", "cañary", "can\x00ary"])
def test_a_key_that_was_miscopied(value: str) -> None:
    with pytest.raises(FatalRunError) as stopped:
        check_keys({"api_key": value}, "user_agent", "api_key")
    assert str(stopped.value).startswith("api_key has a space, line break or other character")
    assert "can" not in str(stopped.value).replace("can ", "").removeprefix("api_key").replace("character", "")


def test_good_keys() -> None:
    check_keys({"api_key": "a1-B_2", "user_agent": "my tap/1.0 (x)", "access_token": None}, "api_key", "user_agent")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "api_key is missing: set it (HERE), or client_id and client_secret"),
        ({"client_id": "a"}, "client_id and client_secret belong together"),
        ({"client_secret": "a", "api_key": "k"}, "client_id and client_secret belong together"),
    ],
)
def test_half_of_what_signs(config: dict[str, Any], words: str) -> None:
    with pytest.raises(FatalRunError) as stopped:
        check_key_or_client(config, " (HERE)")
    assert words in str(stopped.value)


def test_whole_of_what_signs() -> None:
    check_key_or_client({"api_key": "k"})
    check_key_or_client({"client_id": "a", "client_secret": "b"})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"events_url": "feed"}, "events_url is no plain URL"),
        ({"events_url": "http://feed.example"}, "events_url must begin with https://"),
        ({"events_url": "http://127.0.0.1:8711"}, "events_token is missing"),
        ({"events_url": "http://127.0.0.1:8711", "events_token": "a\n"}, "events_token has a space"),
        ({"follow": True}, "follow needs a feed of events"),
    ],
)
def test_half_a_feed(config: dict[str, Any], words: str) -> None:
    with pytest.raises(FatalRunError, match=words):
        check_feed(config)


def test_a_feed_or_none() -> None:
    check_feed({})
    check_feed({"events_url": "http://127.0.0.1:8711", "events_token": "a", "follow": True})


def test_dates() -> None:
    check_date({}, "start_date")
    check_date({"start_date": "2026-01-31T00:00:00Z"}, "start_date")
    with pytest.raises(FatalRunError, match="start_date is no instant: write it like"):
        check_date({"start_date": "last week"}, "start_date")
