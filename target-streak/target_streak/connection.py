"""One client for one Streak account, as the settings describe it."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError, OutcomeUnknown, masked
from singer_rest.http.client import RestClient
from singer_rest.http.rate_limit import RateLimit

from target_streak.auth import authentication, refusal_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

API_URL = "https://api.streak.com/api"


def streak_client(config: Mapping[str, Any]) -> RestClient:
    """Build the client that all lanes share; FatalRunError without credentials, or where anybody could read them."""
    return RestClient(
        base_url=_api_url(config),
        auth=authentication(config),
        rate=RateLimit(config.get("requests_per_second", 7)),
        retry_seconds=config.get("retry_seconds", 120),
        request_timeout=config.get("request_timeout", 30),
        user_agent=config.get("user_agent") or f"target-streak/{version('target-streak')}",
        error_reason=refusal_reason,
        pool=config.get("concurrency", 8),
        late_seconds=max(0.0, config.get("search_lag_seconds", 90) - config.get("request_timeout", 30)),
    )


@contextmanager
def stopping(doing: str) -> Iterator[None]:
    """Turn what goes wrong with a call into FatalRunError: `doing` names what nothing can go on without."""
    try:
        yield
    except ApiError as refused:
        raise FatalRunError(f"Streak refuses {doing}: {masked(refused.reason)}") from refused
    except (ApiUnavailable, OutcomeUnknown) as unreachable:
        raise FatalRunError(f"Streak does not answer {doing}: {unreachable}") from unreachable


def _api_url(config: Mapping[str, Any]) -> str:
    url = str(config.get("api_url") or API_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise FatalRunError("api_url must begin with https://: keys don't travel unencrypted to another machine")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
