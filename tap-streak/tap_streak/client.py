"""Streak as one run sees it: the client that the settings describe, and what is asked for once and remembered."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from singer_rest import RateLimit, RestClient, Wording, credentials
from streak_api.auth import API_URL, streak_auth
from streak_api.client import StreakClient

from tap_streak.account import Account
from tap_streak.box_lists import BoxSource
from tap_streak.directory import Directory

ROOT_HINT = f"check api_url, at Streak it is {API_URL}"
# its errors are plain words; one that may quote data is left out
PLAIN = re.compile(r"[A-Za-z',/ -]{1,100}")


def streak_client(config: Mapping[str, Any], user_agent: str) -> RestClient:
    """The client for the account of the settings. Paths begin with a version.

    Streak says 401 for a bad key and for a good one without access alike: who the key is tells them apart.
    """
    who = credentials(config)
    hints = {400: ROOT_HINT, 404: ROOT_HINT, 401: f"Streak does not accept {who}", 403: f"{who} may not read this"}
    return StreakClient(
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


class StreakSession:
    """The client, and what is known of the account; with `whole_lists` each list of boxes is read to its end."""

    def __init__(self, client: RestClient, config: Mapping[str, Any], *, whole_lists: bool) -> None:
        self.client = client
        self._config = config
        self._whole_lists = whole_lists
        self._fresh_at = time.monotonic()

    @cached_property
    def account(self) -> Account:
        """What the key may see."""
        return Account(self.client, self._config)

    @cached_property
    def directory(self) -> Directory:
        """What keys mean."""
        return Directory(self.client, self.account)

    @cached_property
    def boxes(self) -> BoxSource:
        """The boxes."""
        return BoxSource(self.client, self.account, self._config["page_size"], whole=self._whole_lists)

    def freshen(self, seconds: float) -> None:
        """Have names, people and pipelines asked for again if they are older than this."""
        if time.monotonic() - self._fresh_at >= seconds:
            self._fresh_at = time.monotonic()
            for name in ("account", "directory", "boxes"):
                self.__dict__.pop(name, None)
