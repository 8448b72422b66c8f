"""The accounts at both vendors: their addresses, their credentials, and a mistake in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from singer_rest.errors import ApiError, ApiUnavailable
from sync_console.command_line import main
from sync_console.webhooks.accounts import checked_url, clarity_client, one_line, streak_client

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = "http://127.0.0.1:9"
URL = {"api_url": "https://api.example.com/api"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ApiError(401, "no", "GET", "/webhooks"), "Clarity refuses (401, no): check TAP_CLARITY_API_KEY"),
        (ApiError(404, "no", "GET", "/webhooks"), "GET /webhooks: check TAP_CLARITY_API_URL"),
        (ApiError(404, "gone", "DELETE", "/webhooks/1"), "Clarity refuses (404, gone): DELETE /webhooks/1"),
        (ApiUnavailable("can't reach it"), "Clarity: can't reach it"),
    ],
)
def test_what_goes_wrong_with_a_call_is_one_line(error: Exception, message: str) -> None:
    with pytest.raises(click.ClickException) as refused, one_line("clarity"):
        raise error
    assert message in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("connect", "config", "message"),
    [
        (clarity_client, {}, "TAP_CLARITY_API_URL is not set"),
        (clarity_client, URL, "TAP_CLARITY_API_KEY is not set"),
        (streak_client, URL, "set TAP_STREAK_API_KEY"),
        (streak_client, {"api_url": "https://api.example.com/api/v2"}, "TAP_STREAK_API_URL must not end in a version"),
        (streak_client, {"api_url": "http://api.example.com"}, "TAP_STREAK_API_URL must begin with https"),
    ],
)
def test_what_an_account_needs_is_said_by_name(
    connect: Callable[[dict[str, Any]], object], config: dict[str, Any], message: str
) -> None:
    with pytest.raises(click.ClickException, match=message):
        connect(config)


@pytest.mark.parametrize("credentials", [{"api_key": "k"}, {"access_token": "t"}])
def test_streak_takes_a_key_or_a_token(credentials: dict[str, str]) -> None:
    streak_client({**URL, **credentials}).close()


def test_secrets_travel_encrypted() -> None:
    for url in ("http://hooks.example.com", "hooks.example.com", "https://user@hooks.example.com", "https://x.de/?a=1"):
        with pytest.raises(click.ClickException, match="PUBLIC_URL"):
            checked_url("PUBLIC_URL", url)
    assert checked_url("PUBLIC_URL", "https://hooks.example.com/") == "https://hooks.example.com"


def test_what_is_missing_is_said_before_anything_is_asked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for environment, told in (
        ({}, "SYNC_CONSOLE_PUBLIC_URL is not set"),
        ({"SYNC_CONSOLE_PUBLIC_URL": PUBLIC}, "no meltano.yml here"),
        ({"SYNC_CONSOLE_PUBLIC_URL": PUBLIC, "SYNC_CONSOLE_CLARITY_SECRETS": "plain"}, "a secret is without whsec_"),
        ({"SYNC_CONSOLE_PUBLIC_URL": PUBLIC, "SYNC_CONSOLE_STREAK_TOKENS": "short"}, "a token has at least 16"),
    ):
        result = CliRunner().invoke(main, ["webhooks", "sync"], env=environment)
        assert result.exit_code == 1
        assert told in result.output
