"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from singer_rest import (
    FatalRunError,
    check_date,
    check_feed,
    check_key_or_client,
    check_keys,
    check_url,
    declared_settings,
)

EXAMPLE = "https://shop.example.com/api/v1"

SETTINGS = declared_settings("tap_clarity", "singer_rest.tap", "api_url")


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for what can't work, naming the setting and never its value."""
    if not config.get("api_url"):
        raise FatalRunError(f"api_url is missing: set it to the root of the shop's API, such as {EXAMPLE}")
    for name in ("api_url", "token_url"):
        if config.get(name):
            check_url(str(config[name]), name, EXAMPLE)
    check_keys(config, "api_key", "client_id", "client_secret", "user_agent")
    check_key_or_client(config)
    check_feed(config)
    check_date(config, "start_date")
