"""One client for one Streak account, as the settings describe it."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError, OutcomeUnknown, masked
from singer_rest.http.auth import auth_from, basic_user
from singer_rest.http.client import RestClient
from singer_rest.http.rate_limit import RateLimit
from singer_rest.http.settings import check_keys, check_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

API_URL = "https://api.streak.com/api"


def streak_client(config: Mapping[str, Any]) -> RestClient:
    """Build the client that all lanes share; FatalRunError without credentials, or where anybody could read them."""
    check_keys(config, "api_key", "access_token", "user_agent")
    if not config.get("api_key") and not config.get("access_token"):
        raise FatalRunError(
            "no Streak API key: set api_key (TARGET_STREAK_API_KEY); "
            "Gmail makes one: Streak → Integrations → Streak API"
        )
    return RestClient(
        base_url=check_url(str(config.get("api_url") or API_URL), example=API_URL),
        auth=auth_from(config, basic_user),
        rate=RateLimit(config.get("requests_per_second", 7)),
        retry_seconds=config.get("retry_seconds", 120),
        request_timeout=config.get("request_timeout", 30),
        user_agent=config.get("user_agent") or f"target-streak/{version('target-streak')}",
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
