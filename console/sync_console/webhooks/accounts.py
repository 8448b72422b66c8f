"""The accounts at both vendors, as Meltano knows them from the taps' settings."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import click
from clarity_api.login import auth_of, check_login, headers_of, wording_of
from clarity_api.profile import SiteProfile, load_profile
from requests.auth import AuthBase
from singer_rest import (
    ApiError,
    ApiUnavailable,
    FatalRunError,
    OutcomeUnknown,
    RateLimit,
    RestClient,
    Wording,
    check_url,
)
from streak_api.auth import api_root, streak_auth

from sync_console.meltano import meltano

RETRY_SECONDS = 20
REQUEST_TIMEOUT = 20
LATE_SECONDS = 30
PACE = 3
# vendor, and the settings that a refusal and an unknown path are about
ACCOUNTS = {
    "clarity": ("Clarity", "TAP_CLARITY_API_KEY", "TAP_CLARITY_API_URL, on most sites it ends in /api/v1"),
    "streak": ("Streak", "TAP_STREAK_API_KEY", "TAP_STREAK_API_URL, such as https://api.streak.com/api"),
}


def plugin_settings(plugins: Sequence[str], env_file: str | None) -> list[dict[str, Any]]:
    """The settings of plugins, from wherever Meltano has them (2 seconds each)."""
    ask = partial(_settings_of, env_file=env_file)
    first = ask(plugins[0])  # alone: Meltano may have its database to make
    with ThreadPoolExecutor() as pool:
        return [first, *pool.map(ask, plugins[1:])]


def _settings_of(plugin: str, env_file: str | None) -> dict[str, Any]:
    command = [*meltano(env_file), "invoke", "--dump=config", plugin]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own Meltano
    try:
        config: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        hint = f"`meltano invoke --dump=config {plugin}` says why"
        raise click.ClickException(f"Meltano does not tell the settings of {plugin}: {hint}") from None
    return config


def clarity_client(config: dict[str, Any]) -> RestClient:
    """A client for the shop. ClickException for what can't work."""
    url = checked_url("TAP_CLARITY_API_URL", config.get("api_url"))
    profile = clarity_profile(config)
    if "header" in profile.login and not config.get("client_id"):
        _needed("TAP_CLARITY_API_KEY", config.get("api_key"))
    with one_line("clarity"):
        check_login(config, profile)
        auth = auth_of({**config, "request_timeout": REQUEST_TIMEOUT}, profile, _user_agent(config))
    words = wording_of(config, profile, setting="TAP_CLARITY_API_URL")
    return _client(url, auth, config, words, headers_of(config, profile))


def clarity_profile(config: dict[str, Any]) -> SiteProfile:
    """The site profile of the shop. ClickException for what is wrong with it."""
    with one_line("clarity"):
        return load_profile(config)


def streak_client(config: dict[str, Any]) -> RestClient:
    """A client for Streak. ClickException for what can't work."""
    with one_line("streak"):
        url, auth = api_root(config, "TAP_STREAK_API_URL"), streak_auth(config, "TAP_STREAK_API_KEY")
    return _client(url, auth, config, Wording("TAP_STREAK_API_URL"))


def checked_url(name: str, text: Any) -> str:
    """An address without its last slash; plain http only on this machine."""
    try:
        return check_url(_needed(name, text), name, "https://hooks.example.com")
    except FatalRunError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def one_line(name: str) -> Iterator[None]:
    """Turn what goes wrong with a vendor's call into a ClickException that names the setting to check."""
    vendor, credentials, address = ACCOUNTS[name]
    try:
        yield
    except ApiError as refused:
        advice = f"{refused.method} {refused.path}"
        if refused.status in {401, 403}:
            advice = f"check {credentials}"
        elif refused.status == 404 and refused.method == "GET":
            advice += f": check {address}"
        raise click.ClickException(f"{vendor} refuses ({refused.status}, {refused.reason}): {advice}") from None
    except (ApiUnavailable, OutcomeUnknown, FatalRunError) as error:
        raise click.ClickException(f"{vendor}: {error}") from None


def _user_agent(config: dict[str, Any]) -> str:
    return str(config.get("user_agent") or f"sync-console/{version('sync-console')}")


def _client(
    url: str, auth: AuthBase, config: dict[str, Any], wording: Wording, headers: dict[str, str] | None = None
) -> RestClient:
    return RestClient(
        base_url=url,
        auth=auth,
        rate=RateLimit(config.get("requests_per_second") or PACE),
        retry_seconds=RETRY_SECONDS,
        request_timeout=REQUEST_TIMEOUT,
        user_agent=_user_agent(config),
        wording=wording,
        headers=headers,
        pool=1,
        late_seconds=LATE_SECONDS,
    )


def _needed(name: str, value: Any) -> str:
    if not value:
        raise click.ClickException(f"{name} is not set; .env.example says what it is")
    return str(value)
