"""One client for one shop, as the settings describe it, and `check`: what it may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    check_key_or_client,
    check_keys,
    check_url,
    credentials,
    masked,
)

EXAMPLE = "https://shop.example.com/api/v1"
NOWHERE = "target-clarity-check"
# each is refused for what it lacks, by a shop that would let this key do it
TRIALS = {
    "orders": ("PATCH", f"/orders/{NOWHERE}"),
    "notes": ("POST", f"/orders/{NOWHERE}/notes"),
    "customers": ("POST", "/customers"),
    "invoices": ("POST", "/invoices"),
}


def clarity_client(config: Mapping[str, Any]) -> RestClient:
    """Build the client that all lanes share; FatalRunError, without any value, for settings that can't work."""
    if not config.get("api_url"):
        raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, like {EXAMPLE}")
    for name in ("api_url", "token_url"):
        if config.get(name):
            check_url(str(config[name]), name, EXAMPLE)
    check_keys(config, "api_key", "client_id", "client_secret", "user_agent")
    check_key_or_client(config, " (TARGET_CLARITY_API_KEY)")
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
        words, settings = masked(refused.reason), credentials(config)
        reasons = {
            401: f"the shop refuses {settings} ({words}): check that they are right and not expired",
            403: f"{settings} may not read orders ({words}): have the right added",
        }
        odd = f"the host answers {refused.status} ({words}), not as the Clarity API: check api_url (…/api/v1)"
        raise FatalRunError(reasons.get(refused.status, odd)) from refused
    except ApiUnavailable as unreachable:
        raise FatalRunError(f"the shop does not answer: {unreachable}") from unreachable
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise FatalRunError("the host answers, but not as the Clarity API does: check api_url (…/api/v1)")
    return cast("int", answer.get("totalCount") or 0)


def check(config: Mapping[str, Any], scope: str, write: Callable[[str], object]) -> int:
    """Check address, credentials and rights; 0 when a run can go. It changes nothing.

    FatalRunError when nothing more can be checked.
    """
    client = clarity_client(config)
    orders = sign_in(client, config)
    write(f"Clarity:    {config['api_url']}, {orders:,} orders")
    write(f"Signs in:   with {credentials(config)}")
    write(f"Remembers:  {scope}")
    refused = {stream: why for stream in TRIALS if (why := _trial(client, stream))}
    for stream in TRIALS:
        write(f"{stream + ':':<11} {refused.get(stream) or 'can be written'}")
    write(f"{len(refused)} of {len(TRIALS)} streams can't be written." if refused else "All is well.")
    return 1 if refused else 0


def _trial(client: RestClient, stream: str) -> str | None:
    """Say why a stream can't be written; None when it can."""
    method, path = TRIALS[stream]
    try:
        client.request(method, path, json={})
    except ApiError as refused:
        return f"refused: {refused.reason}" if refused.status in {401, 403, 405} else None
    except ApiUnavailable as silent:
        raise FatalRunError(f"the shop does not answer: {silent}") from silent
    return None
