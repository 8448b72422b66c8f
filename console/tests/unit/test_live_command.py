"""The environment of the live pipelines: their share of the requests, and where the feed is."""

from __future__ import annotations

import click
import pytest
from sync_console.live.command import environment
from sync_console.settings import Settings


def test_the_taps_read_the_feed_of_our_receiver_unless_their_settings_name_one() -> None:
    settings = Settings(feed_token="token", feed_host="0.0.0.0", feed_port=9)  # noqa: S104 - not served
    variables = environment(settings, {"TAP_STREAK_EVENTS_EVENTS_URL": "http://elsewhere:1"})
    assert variables["TAP_CLARITY_EVENTS_EVENTS_URL"] == "http://127.0.0.1:9"
    assert "TAP_STREAK_EVENTS_EVENTS_URL" not in variables
    assert variables["TAP_STREAK_EVENTS_EVENTS_TOKEN"] == "token"
    assert not [name for name in environment(Settings(), {}) if "EVENTS_EVENTS" in name]


@pytest.mark.parametrize(("share", "read"), [(2, 1), (3, 1), (4, 1), (7, 1), (8, 2), (10, 2), (200, 50)])
def test_a_quarter_of_the_share_is_for_reading(share: int, read: int) -> None:
    variables = environment(Settings(live_requests_per_second=share), {})
    assert variables["TAP_STREAK_EVENTS_REQUESTS_PER_SECOND"] == str(read)
    assert variables["TARGET_STREAK_REQUESTS_PER_SECOND"] == str(share - read)


def test_a_share_too_small_to_divide_is_refused() -> None:
    with pytest.raises(click.ClickException, match="LIVE_REQUESTS_PER_SECOND must be 2 or more"):
        environment(Settings(live_requests_per_second=1), {})
