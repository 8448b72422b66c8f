"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest.errors import FatalRunError
from singer_rest.http.settings import check_date, check_feed, check_key_or_client, check_keys, check_url
from singer_rest.tap.settings import FEED, REQUEST_TIMEOUT, START_DATE, page_size, user_agent
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLE = "https://shop.example.com/api/v1"

SETTINGS = th.PropertiesList(
    th.Property(
        "api_url",
        th.StringType,
        required=True,
        title="API URL",
        description="Root of the REST API, such as https://shop.example.com/api/v1; HTTPS except on this machine",
    ),
    th.Property("api_key", th.StringType, secret=True, title="API key", description="Sent as the header X-API-Key"),
    th.Property(
        "client_id",
        th.StringType,
        title="OAuth client id",
        description="With client_secret, instead of api_key: OAuth 2.0 client credentials; used when both are set",
    ),
    th.Property(
        "client_secret", th.StringType, secret=True, title="OAuth client secret", description="Belongs to client_id"
    ),
    th.Property(
        "token_url",
        th.StringType,
        title="OAuth token URL",
        description="Where tokens are fetched; default: /oauth/token at the host of api_url",
    ),
    th.Property(
        "scope", th.StringType, title="OAuth scope", description="Asked for with each token, where the shop wants one"
    ),
    user_agent("tap-clarity"),
    START_DATE,
    page_size(250, 250),
    th.Property(
        "embed_customer",
        th.BooleanType,
        default=True,
        title="Embed customers",
        description="Puts its customer into each order as `customer`; null for a guest",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=60,
        title="Look-back",
        description="Each run starts this long before its bookmark, for changes that the shop committed late",
    ),
    REQUEST_TIMEOUT,
    *FEED,
).to_dict()


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for what can't work, naming the setting and never its value."""
    if not config.get("api_url"):
        raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, such as {EXAMPLE}")
    for name in ("api_url", "token_url"):
        if config.get(name):
            check_url(str(config[name]), name, EXAMPLE)
    check_keys(config, "api_key", "client_id", "client_secret", "user_agent")
    check_key_or_client(config)
    check_feed(config)
    check_date(config, "start_date")
