"""One client for one Streak account, as the settings describe it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from singer_rest import RateLimit, RestClient, Wording, credentials
from streak_api.auth import API_URL, streak_auth

ROOT_HINT = f"check api_url, at Streak it is {API_URL}"
# its errors are plain words; one that may quote data is left out
PLAIN = re.compile(r"[A-Za-z',/ -]{1,100}")


def streak_client(config: Mapping[str, Any], user_agent: str) -> RestClient:
    """The client for the account of the settings. Paths begin with a version.

    Streak says 401 for a bad key and for a good one without access alike: who the key is tells them apart.
    """
    who = credentials(config)
    hints = {400: ROOT_HINT, 404: ROOT_HINT, 401: f"Streak does not accept {who}", 403: f"{who} may not read this"}
    return RestClient(
        base_url=config["api_url"],
        auth=streak_auth(config),
        user_agent=user_agent,
        request_timeout=config["request_timeout"],
        retry_seconds=config["retry_seconds"],
        rate=RateLimit(config["requests_per_second"], burst=True),
        wording=Wording(hints={0: "check api_url", **hints}, code=PLAIN),
        pool=1,
        probe_path="/v1/users/me",
        log_level=logging.WARNING,
    )
