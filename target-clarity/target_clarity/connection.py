"""One client for one shop, as the settings describe it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from math import inf
from typing import Any, cast

from singer_rest import (
    ApiError,
    ApiKey,
    ApiUnavailable,
    FatalRunError,
    RateLimit,
    RestClient,
    auth_from,
    credentials,
    masked,
)

from target_clarity.settings import check_settings


def clarity_client(config: Mapping[str, Any]) -> RestClient:
    """Build the client that all lanes share; FatalRunError for settings that can't work."""
    check_settings(config)
    user_agent = config.get("user_agent") or f"target-clarity/{version('target-clarity')}"
    return RestClient(
        base_url=str(config["api_url"]).rstrip("/"),
        auth=auth_from(config, ApiKey, user_agent),
        rate=RateLimit(config["requests_per_second"]),
        retry_seconds=config["retry_seconds"],
        request_timeout=config["request_timeout"],
        user_agent=user_agent,
        pool=config["concurrency"],
    )


def sign_in(client: RestClient, config: Mapping[str, Any], *, patience: float = inf) -> int:
    """Ask for the orders (1 call) and give how many there are.

    FatalRunError when that is not possible within `retry_seconds`, or `patience` where that is less.
    """
    seconds = min(patience, config["retry_seconds"])
    try:
        answer = client.get("/orders", params={"limit": 1}, retry_seconds=seconds)
    except ApiError as refused:
        raise FatalRunError(_refused(refused, credentials(config))) from refused
    except ApiUnavailable as unreachable:
        raise FatalRunError(f"the shop does not answer: {unreachable}") from unreachable
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise FatalRunError("the host answers, but not as the Clarity API does: check api_url (…/api/v1)")
    return cast("int", answer.get("totalCount") or 0)


def _refused(refused: ApiError, settings: str) -> str:
    words = masked(refused.reason)
    if refused.status == 401:
        return f"the shop refuses {settings} ({words}): check that they are right and not expired"
    if refused.status == 403:
        return f"{settings} may not read orders ({words}): have the right added"
    return f"the host answers {refused.status} ({words}), not as the Clarity API: check api_url (…/api/v1)"
