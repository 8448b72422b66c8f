"""Checks of the settings that say where an API is and who calls it. Messages name a setting, never its value."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from singer_rest.errors import FatalRunError
from singer_rest.http.instants import parse_instant

EXAMPLE = "https://api.example.com/v1"


def plain_url(url: str, setting: str = "api_url", example: str = EXAMPLE) -> SplitResult:
    """The parts of an http(s) URL without user name, query and fragment. Raises FatalRunError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query or parts.fragment:
        raise FatalRunError(f"{setting} is no plain URL: write it like {example}, without user name or query")
    return parts


def check_url(url: str, setting: str = "api_url", example: str = EXAMPLE) -> str:
    """A plain URL without its last slash, HTTPS except on this machine. Raises FatalRunError."""
    parts = plain_url(url, setting, example)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise FatalRunError(f"{setting} must begin with https://: keys don't travel unencrypted to another machine")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or as `localhost`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_keys(config: Mapping[str, Any], *settings: str) -> None:
    """Raise FatalRunError for a setting that no header can carry as it stands: it was miscopied."""
    for name in settings:
        value = str(config.get(name) or "")
        if value != value.strip() or not value.isascii() or not value.isprintable():
            raise FatalRunError(f"{name} has a space, line break or other character that no key has: copy it again")


def check_key_or_client(config: Mapping[str, Any], key_hint: str = "") -> None:
    """Raise FatalRunError unless there is an `api_key`, or a `client_id` with its `client_secret`."""
    if bool(config.get("client_id")) != bool(config.get("client_secret")):
        raise FatalRunError("client_id and client_secret belong together: set both, or neither and api_key")
    if not config.get("client_id") and not config.get("api_key"):
        raise FatalRunError(f"api_key is missing: set it{key_hint}, or client_id and client_secret")


def check_date(config: Mapping[str, Any], setting: str) -> None:
    """Raise FatalRunError for a setting that is no ISO 8601 instant or date."""
    try:
        parse_instant(str(config.get(setting) or "2000-01-01"))
    except ValueError:
        raise FatalRunError(f"{setting} is no instant: write it like 2026-01-31T00:00:00Z") from None


def check_feed(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for settings of a feed of events (`events_url`, `events_token`, `follow`) that can't work."""
    if url := config.get("events_url"):
        check_url(str(url), "events_url", "http://127.0.0.1:8711")
        check_keys(config, "events_token")
        if not config.get("events_token"):
            raise FatalRunError("events_token is missing: set it to the token of the feed at events_url")
    elif config.get("follow"):
        raise FatalRunError("follow needs a feed of events: set events_url and events_token")
