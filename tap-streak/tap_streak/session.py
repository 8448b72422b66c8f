"""What a run asks Streak for once, and remembers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from singer_rest import RestClient

from tap_streak.account import Account
from tap_streak.box_lists import BoxSource
from tap_streak.directory import Directory


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
