"""The shop of the settings, spoken to as its site profile says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from clarity_api.login import auth_of, headers_of, who, wording_of
from clarity_api.profile import SiteProfile
from clarity_api.reading import Reader
from clarity_api.site import Site
from singer_rest import RestClient

RETRY_SECONDS = 120
LONGEST_PAUSE = 600


def clarity_reader(config: Mapping[str, Any], profile: SiteProfile, user_agent: str) -> Reader:
    """What reads the lists of the shop."""
    names = who(config, profile)
    hints = {
        0: "check api_url, and that the shop speaks this version of the API",
        401: f"the shop does not accept {names}",
        403: f"{names} may not read this: have the right added, or deselect the stream",
        404: f"check api_url, on most sites it ends in /api/v1, and the paths in {profile.place('streams')}",
    }
    client = RestClient(
        base_url=config["api_url"],
        auth=auth_of(config, profile, user_agent),
        user_agent=user_agent,
        request_timeout=config["request_timeout"],
        retry_seconds=RETRY_SECONDS,
        longest_pause=LONGEST_PAUSE,
        wording=wording_of(config, profile, hints=hints),
        pool=1,
        log_level=logging.WARNING,
        headers=headers_of(config, profile),
    )
    return Reader(Site(client, profile))
