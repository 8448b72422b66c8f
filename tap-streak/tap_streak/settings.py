"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import AuthBase, HTTPBasicAuth
from singer_sdk import typing as th

from tap_streak.errors import StreakError
from tap_streak.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

SETTINGS = th.PropertiesList(
    th.Property(
        "api_url",
        th.StringType,
        default="https://api.streak.com/api",
        title="API URL",
        description="Root of the Streak API, without a version; HTTPS except on this machine",
    ),
    th.Property(
        "api_key",
        th.StringType,
        secret=True,
        title="API key",
        description="Made in Gmail under Streak → Integrations → Streak API; sent as HTTP Basic user name",
    ),
    th.Property(
        "access_token",
        th.StringType,
        secret=True,
        title="Access token",
        description="Sent as Bearer, used where there is no API key",
    ),
    th.Property(
        "team",
        th.StringType,
        title="Team",
        description="Key or name of the team; needed only where the key is in several",
    ),
    th.Property(
        "pipelines",
        th.ArrayType(th.StringType),
        title="Pipelines",
        description="Names or keys of the pipelines to read; default: all of the team",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Records changed before this instant are left out; default: everything",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=1000),
        default=500,
        title="Page size",
        description="Rows per request",
    ),
    th.Property(
        "requests_per_second",
        th.IntegerType(minimum=1),
        default=3,
        title="Requests per second",
        description="Limit, never exceeded; Streak wants to be told above 10, for all programs of a key together",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=60,
        title="Look-back",
        description="Boxes, contacts and organizations are read from this long before their bookmark, "
        "for changes that Streak showed late",
    ),
    th.Property(
        "detect_deletes",
        th.BooleanType,
        default=False,
        title="Detect deletions",
        description="Read the keys of all boxes, contacts and organizations in each run, and emit those that are gone "
        "with _sdc_deleted_at",
    ),
    th.Property(
        "known_keys_file",
        th.StringType,
        default="tap-streak-keys.db",
        title="File of known keys",
        description="SQLite file in which detect_deletes remembers the keys that were there; keep it between runs",
    ),
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="Sent as User-Agent; default: tap-streak/VERSION",
    ),
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1),
        default=60,
        title="Request timeout",
        description="Seconds to wait for an answer before the request is repeated",
    ),
    th.Property(
        "retry_seconds",
        th.IntegerType(minimum=0),
        default=120,
        title="Retry for",
        description="Seconds for which a request is repeated after a broken connection, a time-out, 429 or 5xx",
    ),
    th.Property(
        "events_url",
        th.StringType,
        title="Feed of events",
        description="Root of a feed of events, such as http://127.0.0.1:8711; with it only the records are read that "
        "webhooks told of",
    ),
    th.Property(
        "events_token",
        th.StringType,
        secret=True,
        title="Token of the feed",
        description="Sent to the feed of events as Bearer",
    ),
    th.Property(
        "follow",
        th.BooleanType,
        default=False,
        title="Follow",
        description="With events_url: go on for ever; otherwise the run ends at the feed's end",
    ),
).to_dict()


class Bearer(AuthBase):
    """The header `Authorization: Bearer`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def auth_from(config: Mapping[str, Any]) -> AuthBase:
    """The way to sign in that the settings ask for."""
    return HTTPBasicAuth(config["api_key"], "") if config.get("api_key") else Bearer(config["access_token"])


def hints_for(config: Mapping[str, Any]) -> dict[int, str]:
    """What to do about a status that the API answers."""
    credentials = "api_key" if config.get("api_key") else "access_token"
    return {
        400: "check api_url, at Streak it is https://api.streak.com/api",
        401: f"Streak does not accept {credentials}",
        403: f"{credentials} may not read this",
        404: "check api_url, at Streak it is https://api.streak.com/api",
    }


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise StreakError for what can't work, naming the setting and never its value."""
    _check_url("api_url", str(config.get("api_url") or ""))
    if config.get("events_url"):
        _check_url("events_url", str(config["events_url"]))
    for name in ("api_key", "access_token", "user_agent", "events_token"):
        value = str(config.get(name) or "")
        if value != value.strip() or not value.isascii() or not value.isprintable():
            raise StreakError(
                f"{name} has a space, line break or other character at which no key begins or ends: copy it again"
            )
    if not config.get("api_key") and not config.get("access_token"):
        raise StreakError("api_key is missing: make one in Gmail under Streak → Integrations → Streak API")
    if config.get("events_url") and not config.get("events_token"):
        raise StreakError("events_token is missing: set it to the token of the feed at events_url")
    if config.get("follow") and not config.get("events_url"):
        raise StreakError("follow needs a feed of events: set events_url and events_token")
    try:
        parse_instant(str(config.get("start_date") or "2000-01-01"))
    except ValueError:
        raise StreakError("start_date is no instant: write it like 2026-01-31T00:00:00Z") from None


def _check_url(name: str, text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or "@" in url.netloc:
        raise StreakError(
            f"{name} is no plain URL: write it like https://api.streak.com/api, without user name or query"
        )
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise StreakError(f"{name} must begin with https://: keys don't travel unencrypted to another machine")
    if name == "api_url" and url.path.rstrip("/").endswith(("/v1", "/v2")):
        raise StreakError("api_url must not end in a version: write it like https://api.streak.com/api")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
