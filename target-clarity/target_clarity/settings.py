"""The target's own settings, and what is wrong with them in one line."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import AuthBase
from singer_rest.errors import FatalRunError
from singer_rest.http.auth import ClientCredentials
from singer_rest.target.settings import check_keys, common_settings
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

SETTINGS: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Root of the REST API, such as https://shop.example.com/api/v1; HTTPS except on this machine.",
    ),
    th.Property("api_key", th.StringType, secret=True, title="API key", description="Sent as the header X-API-Key."),
    th.Property(
        "client_id",
        th.StringType,
        title="OAuth client id",
        description="With client_secret, instead of api_key: OAuth 2.0 client credentials; used when both are set.",
    ),
    th.Property(
        "client_secret", th.StringType, secret=True, title="OAuth client secret", description="Belongs to client_id."
    ),
    th.Property(
        "token_url",
        th.StringType,
        title="OAuth token URL",
        description="Where tokens are fetched; default: /oauth/token at the host of api_url.",
    ),
    th.Property(
        "scope", th.StringType, title="OAuth scope", description="Asked for with each token, where the shop wants one."
    ),
    th.Property(
        "create_customers",
        th.BooleanType,
        default=True,
        title="Create customers",
        description="Make customers that the shop does not know; otherwise they are left out.",
    ),
    *common_settings(),
).to_dict()


class ApiKey(AuthBase):
    """The header `X-API-Key`."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign one request."""
        request.headers["X-API-Key"] = self._key
        return request


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for what can't work, naming the setting and never its value."""
    if not config.get("api_url"):
        raise FatalRunError(
            "api_url is missing: set it to the root of the shop's API, like https://shop.example.com/api/v1"
        )
    for name in ("api_url", "token_url"):
        if config.get(name):
            _check_url(name, str(config[name]))
    check_keys(config, "api_key", "client_id", "client_secret", "user_agent")
    if bool(config.get("client_id")) != bool(config.get("client_secret")):
        raise FatalRunError("client_id and client_secret belong together: set both, or neither and api_key")
    if not config.get("client_id") and not config.get("api_key"):
        raise FatalRunError("api_key is missing: set it (TARGET_CLARITY_API_KEY), or client_id and client_secret")


def authentication(config: Mapping[str, Any]) -> AuthBase:
    """Give the way to sign in that the settings ask for."""
    if not config.get("client_id"):
        return ApiKey(config["api_key"])
    token_url = config.get("token_url") or "{0.scheme}://{0.netloc}/oauth/token".format(urlsplit(config["api_url"]))
    form = {"client_id": config["client_id"], "client_secret": config["client_secret"]}
    if config.get("scope"):
        form["scope"] = config["scope"]
    return ClientCredentials(token_url, form, config["request_timeout"])


def credentials(config: Mapping[str, Any]) -> str:
    """Name the settings that say who asks."""
    return "client_id and client_secret" if config.get("client_id") else "api_key"


def _check_url(name: str, text: str) -> None:
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or "@" in url.netloc:
        raise FatalRunError(f"{name} is no plain URL: write it like https://shop.example.com/api/v1")
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise FatalRunError(f"{name} must begin with https://: keys don't travel unencrypted to another machine")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
