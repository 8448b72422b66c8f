"""What a stream's records tell of time that can't be: said once, at the end of the stream, with how many there are."""

from __future__ import annotations

from logging import Logger
from typing import Any

from singer_rest.errors import redact
from singer_rest.tap.extra_fields import EXTRA

NAMED = 3


class OddInstants:
    """The records of one stream whose `changed` (the replication key) is ahead of the server's clock, or no instant."""

    def __init__(self, logger: Logger, stream: str, changed: str) -> None:
        self._logger = logger
        self._stream = stream
        self._changed = changed
        self._ahead: dict[str, None] = {}
        self._unreadable: dict[str, None] = {}
        self._heard: set[str] = set()

    def ahead(self, key: Any) -> None:
        """Note a record of the future: it says nothing about how far the stream is read."""
        self._ahead[str(key)] = None

    def unreadable(self, key: Any) -> None:
        """Note a record whose time of change can't be read."""
        self._unreadable[str(key)] = None

    def without(self, record: dict[str, Any], key: Any) -> None:
        """Note a record and leave its time of change out: what stood there stands under `_extra`."""
        self.unreadable(key)
        value = record.get(self._changed)
        record[self._changed] = None
        if value is not None:
            record[EXTRA] = {**(record.get(EXTRA) or {}), self._changed: value}

    def say(self) -> None:
        """Log what is new since the last call, each kind once in a run."""
        self._log(
            self._ahead,
            f"with {self._changed} ahead of the server's clock: they are emitted, in every run until that time has "
            "come, and the bookmark stays behind that clock",
        )
        self._log(
            self._unreadable,
            f"whose {self._changed} is missing or no instant: they are emitted without it (it stands under {EXTRA}), "
            "as often as the API lists them",
        )

    def _log(self, keys: dict[str, None], what: str) -> None:
        if not keys or what in self._heard:
            return
        self._heard.add(what)
        names = ", ".join(redact(key, 60) for key in list(keys)[:NAMED]) + (" …" if len(keys) > NAMED else "")
        self._logger.warning("%s: %s (%s) %s", self._stream, f"{len(keys):,}", names, what)
