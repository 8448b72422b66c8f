"""The tap's settings, and what is wrong with them in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from singer_rest import check_date, check_feed, declared_settings
from streak_api.auth import api_root, streak_auth

SETTINGS = declared_settings("tap_streak", "singer_rest.tap")


def check_settings(config: Mapping[str, Any]) -> None:
    """Raise FatalRunError for what can't work, naming the setting and never its value."""
    api_root(config)
    streak_auth(config, "api_key (TAP_STREAK_API_KEY)")
    check_feed(config)
    check_date(config, "start_date")
