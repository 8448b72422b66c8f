"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest.http.settings import check_date, check_feed
from singer_rest.tap.settings import FEED, REQUEST_TIMEOUT, START_DATE, page_size, user_agent
from singer_sdk import typing as th
from streak_api.auth import API_URL, api_root, streak_auth

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = th.PropertiesList(
    th.Property(
        "api_url",
        th.StringType,
        default=API_URL,
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
    START_DATE,
    page_size(500, 1000),
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
    user_agent("tap-streak"),
    REQUEST_TIMEOUT,
    th.Property(
        "retry_seconds",
        th.IntegerType(minimum=0),
        default=120,
        title="Retry for",
        description="Seconds for which a request is repeated after a broken connection, a time-out, 429 or 5xx",
    ),
    *FEED,
).to_dict()


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for what can't work, naming the setting and never its value."""
    api_root(config)
    streak_auth(config, "api_key (TAP_STREAK_API_KEY)")
    check_feed(config)
    check_date(config, "start_date")
