"""What a refusal of Streak means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from singer_rest import ApiError, ApiUnavailable, FatalRunError, OutcomeUnknown, masked

GONE_PHRASES = ("existing entity does not exist", "GetEntities")
"""What a 400 says of a record that does not exist."""


class IncompleteList(ApiUnavailable):
    """A list did not hold all that Streak has: what is not in it may exist all the same."""


def key_refusal(refused: ApiError) -> str:
    """What it means that Streak does not say whose key it is."""
    if refused.status in {401, 403}:
        return f"Streak refuses the API key ({masked(refused.reason)}): check api_key"
    return f"the host answers {refused.status} ({masked(refused.reason)}), not as the Streak API does: check api_url"


@contextmanager
def stopping(doing: str) -> Iterator[None]:
    """Turn what goes wrong with a call into FatalRunError: `doing` names what nothing can go on without."""
    try:
        yield
    except ApiError as refused:
        raise FatalRunError(f"Streak refuses {doing}: {masked(refused.reason)}") from refused
    except IncompleteList as incomplete:
        raise FatalRunError(f"Streak does not give {doing} whole: {incomplete}; run again") from incomplete
    except (ApiUnavailable, OutcomeUnknown) as unreachable:
        raise FatalRunError(f"Streak does not answer {doing}: {unreachable}") from unreachable
