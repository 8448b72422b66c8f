"""Where Streak is and who calls it, as the settings `api_url`, `api_key` and `access_token` say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests.auth import AuthBase
from singer_rest import FatalRunError, auth_from, basic_user, check_keys, check_url

API_URL = "https://api.streak.com/api"


def api_root(config: Mapping[str, Any], setting: str = "api_url") -> str:
    """The root of the API without a version. FatalRunError, without the address, for one that can't work."""
    url = check_url(str(config.get("api_url") or API_URL), setting, example=API_URL)
    if url.endswith(("/v1", "/v2")):
        raise FatalRunError(f"{setting} must not end in a version: write it like {API_URL}")
    return url


def streak_auth(config: Mapping[str, Any], setting: str = "api_key") -> AuthBase:
    """Sign with the API key (HTTP Basic), or without one with the access token (Bearer).

    FatalRunError, which names `setting`, when neither is set or one was miscopied.
    """
    check_keys(config, "api_key", "access_token", "user_agent")
    if not config.get("api_key") and not config.get("access_token"):
        raise FatalRunError(f"no Streak API key: set {setting}; Gmail makes one: Streak → Integrations → Streak API")
    keys = {name: config.get(name) for name in ("api_key", "access_token")}
    return auth_from(keys, basic_user)
