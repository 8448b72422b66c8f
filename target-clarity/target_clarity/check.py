"""`target-clarity --check`: says what a run would use, and what stands in its way. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from singer_rest import ApiError, ApiUnavailable, FatalRunError, RestClient, credentials

from target_clarity.connection import clarity_client, sign_in

NOWHERE = "target-clarity-check"
# each is refused for what it lacks, by a shop that would let this key do it
TRIALS = {
    "orders": ("PATCH", f"/orders/{NOWHERE}"),
    "notes": ("POST", f"/orders/{NOWHERE}/notes"),
    "customers": ("POST", "/customers"),
    "invoices": ("POST", "/invoices"),
}


def check(config: Mapping[str, Any], scope: str, write: Callable[[str], object]) -> int:
    """Check address, credentials and rights; 0 when a run can go. FatalRunError when nothing more can be checked."""
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
