"""One client for one shop, as the settings describe it, and `check`: what it may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from math import inf
from typing import Any

from clarity_api.login import EXAMPLE, auth_of, check_login, headers_of, who, wording_of
from clarity_api.profile import SiteProfile
from clarity_api.renames import value_at
from singer_rest import ApiError, ApiUnavailable, FatalRunError, RateLimit, RestClient, masked

NOWHERE = "target-clarity-check"
# each is refused for what it lacks, by a shop that would let this key do it
TRIALS = {
    "orders": "update_order",
    "notes": "create_note",
    "customers": "create_customer",
    "invoices": "create_invoice",
}


def clarity_client(config: Mapping[str, Any], profile: SiteProfile) -> RestClient:
    """Build the client that all lanes share; FatalRunError, without any value, for settings that can't work."""
    if not config.get("api_url"):
        raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, like {EXAMPLE}")
    check_login(config, profile, " (TARGET_CLARITY_API_KEY)")
    user_agent = config.get("user_agent") or f"target-clarity/{version('target-clarity')}"
    return RestClient(
        base_url=str(config["api_url"]).rstrip("/"),
        auth=auth_of(config, profile, user_agent),
        headers=headers_of(config, profile),
        wording=wording_of(config, profile),
        rate=RateLimit(config["requests_per_second"]),
        retry_seconds=config["retry_seconds"],
        request_timeout=config["request_timeout"],
        user_agent=user_agent,
        pool=config["concurrency"],
    )


def sign_in(client: RestClient, config: Mapping[str, Any], profile: SiteProfile, *, patience: float = inf) -> int:
    """Ask for the orders (1 call) and give how many there are.

    FatalRunError when that is not possible within `retry_seconds`, or `patience` where that is less.
    """
    seconds = min(patience, config["retry_seconds"])
    stream = profile.streams.get("orders") or next(iter(profile.streams.values()), None)
    if stream is None:
        raise FatalRunError(f"{profile.place('streams')} has no stream that could show whether the shop answers")
    size = stream.paging.parameters.get("size")
    params = ({size: 1} if size else {}) | stream.query
    try:
        answer = client.get(stream.path, params=params, retry_seconds=seconds)
    except ApiError as refused:
        words, settings = masked(refused.reason), who(config, profile)
        reasons = {
            401: f"the shop refuses {settings} ({words}): check that they are right and not expired",
            403: f"{settings} may not read orders ({words}): have the right added",
        }
        where = f"check api_url (…/api/v1), and {stream.place('path')}"
        odd = f"the host answers {refused.status} ({words}), not as the Clarity API: {where}"
        raise FatalRunError(reasons.get(refused.status, odd)) from refused
    except ApiUnavailable as unreachable:
        raise FatalRunError(f"the shop does not answer: {unreachable}") from unreachable
    if not isinstance(value_at(answer, stream.rows), list):
        where = f"check api_url (…/api/v1), and {stream.place('rows')}"
        raise FatalRunError(f"the host answers, but not as the Clarity API does: {where}")
    total = value_at(answer, stream.total) if stream.total else None
    return total if isinstance(total, int) else 0


def check(config: Mapping[str, Any], profile: SiteProfile, scope: str, write: Callable[[str], object]) -> int:
    """Check address, credentials and rights; 0 when a run can go. It changes nothing.

    FatalRunError when nothing more can be checked.
    """
    client = clarity_client(config, profile)
    orders = sign_in(client, config, profile)
    write(f"Clarity:    {config['api_url']}, {orders:,} orders")
    write(f"Signs in:   with {who(config, profile)}")
    write(f"Remembers:  {scope}")
    write(f"Profile:    {profile.file}")
    refused = {stream: why for stream in TRIALS if (why := _trial(client, profile, stream))}
    for stream in TRIALS:
        write(f"{stream + ':':<11} {refused.get(stream) or 'can be written'}")
    write(f"{len(refused)} of {len(TRIALS)} streams can't be written." if refused else "All is well.")
    return 1 if refused else 0


def _trial(client: RestClient, profile: SiteProfile, stream: str) -> str | None:
    """Say why a stream can't be written; None when it can."""
    write = profile.write(TRIALS[stream])
    if write is None:
        return f"not supported: {profile.place('writes')} has no {TRIALS[stream]}"
    try:
        client.request(write.method, write.path.replace("{id}", NOWHERE), json={})
    except ApiError as refused:
        return f"refused: {refused.reason}" if refused.status in {401, 403, 405} else None
    except ApiUnavailable as silent:
        raise FatalRunError(f"the shop does not answer: {silent}") from silent
    return None
