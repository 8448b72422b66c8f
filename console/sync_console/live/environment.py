"""The environment of the live pipelines; in Meltano it wins over every file."""

from __future__ import annotations

from collections.abc import Mapping

import click

from sync_console.settings import Settings, variable

ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - where a server listens that is reached here
MIN_SHARE = 2
TAPS = ("TAP_CLARITY_EVENTS", "TAP_STREAK_EVENTS")


def environment(settings: Settings, known: Mapping[str, str | None]) -> dict[str, str]:
    """Their share of the requests, and the feed of our receiver unless the taps' own settings (`known`) name one."""
    feed = {name: value for name, value in _feed(settings).items() if not known.get(name)}
    return {**_shares(settings.live_requests_per_second), **feed}


def _shares(requests_per_second: int) -> dict[str, str]:
    """A quarter of Streak's share is for reading, the rest for writing."""
    if requests_per_second < MIN_SHARE:
        name = variable("live_requests_per_second")
        raise click.ClickException(f"{name} must be {MIN_SHARE} or more: one to read, one to write")
    tap = max(1, requests_per_second // 4)
    return {
        "TAP_STREAK_EVENTS_REQUESTS_PER_SECOND": str(tap),
        "TARGET_STREAK_REQUESTS_PER_SECOND": str(requests_per_second - tap),
        "TARGET_CLARITY_REQUESTS_PER_SECOND": str(requests_per_second),
    }


def _feed(settings: Settings) -> dict[str, str]:
    if not settings.feed_token:
        return {}
    url = f"http://{ANY_HOST.get(settings.feed_host, settings.feed_host)}:{settings.feed_port}"
    values = {"EVENTS_URL": url, "EVENTS_TOKEN": settings.feed_token}
    return {f"{tap}_{name}": value for tap in TAPS for name, value in values.items()}
