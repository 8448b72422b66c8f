"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

from tap_clarity.auth import ApiKey, ClientCredentials
from tap_clarity.errors import ShopError
from tap_clarity.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    th.Property(
        "user_agent",
        th.StringType,
        title="User agent",
        description="Sent as User-Agent; default: tap-clarity/VERSION",
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description="Records changed before this instant are left out; default: everything",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=250),
        default=250,
        title="Page size",
        description="Rows per request",
    ),
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
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1),
        default=60,
        title="Request timeout",
        description="Seconds to wait for an answer before the request is repeated",
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


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise ShopError for what can't work, naming the setting and never its value."""
    if not config.get("api_url"):
        raise ShopError(
            "api_url is missing: set it to the root of the shop's API, such as https://shop.example.com/api/v1"
        )
    for name in ("api_url", "token_url", "events_url"):
        if config.get(name):
            _check_url(name, str(config[name]))
    for name in ("api_key", "client_id", "client_secret", "user_agent", "events_token"):
        value = str(config.get(name) or "")
        if value != value.strip() or not value.isascii() or not value.isprintable():
            raise ShopError(
                f"{name} has a space, line break or other character at which no key begins or ends: copy it again"
            )
    _check_pairs(config)
    try:
        parse_instant(str(config.get("start_date") or "2000-01-01"))
    except ValueError:
        raise ShopError("start_date is no instant: write it like 2026-01-31T00:00:00Z") from None


def _check_pairs(config: Mapping[str, Any]) -> None:
    if bool(config.get("client_id")) != bool(config.get("client_secret")):
        raise ShopError("client_id and client_secret belong together: set both, or neither and api_key")
    if not config.get("client_id") and not config.get("api_key"):
        raise ShopError("api_key is missing: set it, or client_id and client_secret")
    if config.get("events_url") and not config.get("events_token"):
        raise ShopError("events_token is missing: set it to the token of the feed at events_url")
    if config.get("follow") and not config.get("events_url"):
        raise ShopError("follow needs a feed of events: set events_url and events_token")


def _check_url(name: str, text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or "@" in url.netloc:
        raise ShopError(
            f"{name} is no plain URL: write it like https://shop.example.com/api/v1, without user name or query"
        )
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise ShopError(f"{name} must begin with https://: keys don't travel unencrypted to another machine")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def auth_from(config: Mapping[str, Any]) -> ApiKey | ClientCredentials:
    """The way to sign in that the settings ask for."""
    if not config.get("client_id"):
        return ApiKey(config["api_key"])
    token_url = config.get("token_url") or "{0.scheme}://{0.netloc}/oauth/token".format(urlsplit(config["api_url"]))
    form = {"client_id": config["client_id"], "client_secret": config["client_secret"]}
    if config.get("scope"):
        form["scope"] = config["scope"]
    return ClientCredentials(token_url, form, config["request_timeout"])


def hints_for(config: Mapping[str, Any]) -> dict[int, str]:
    """What to do about a status that the API answers."""
    credentials = "client_id and client_secret" if config.get("client_id") else "api_key"
    return {
        401: f"the shop does not accept {credentials}",
        403: f"{credentials} may not read this: have the right added, or deselect the stream",
        404: "check api_url, on most sites it ends in /api/v1",
    }
