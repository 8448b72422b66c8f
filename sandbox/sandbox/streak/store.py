"""Everything the Streak side of the sandbox remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.streak.errors import Refused, unknown_reference
from sandbox.streak.keys import key_of
from sandbox.streak.settings import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.clock import Clock

Record: TypeAlias = "dict[str, Any]"

NOUNS = (
    "users",
    "teams",
    "pipelines",
    "boxes",
    "contacts",
    "organizations",
    "tasks",
    "comments",
    "meetings",
    "files",
    "threads",
    "snippets",
    "webhooks",
    "newsfeed",
    "apikeys",
)
PARENTS = {
    "boxes": "pipelineKey",
    "tasks": "boxKey",
    "comments": "boxKey",
    "meetings": "boxKey",
    "files": "boxKey",
    "threads": "boxKey",
    "newsfeed": "boxKey",
    "contacts": "teamKey",
    "organizations": "teamKey",
}
NO_ENTITY = "Illegal Argument Exception in GetEntities, usually a key issue"
NOT_EXISTING = "existing entity does not exist"
KNOWN_AS = {"contacts": "emailAddresses", "organizations": "normalizedDomains"}


class Store:
    """Tables of records in order of creation, with the indexes that the API needs."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.search_lag_ms = 0
        self.announce: Callable[[str, str, Record], None] = lambda _event, _scope, _record: None
        self.clear()

    def clear(self) -> None:
        self.tables: dict[str, dict[str, Record]] = {noun: {} for noun in NOUNS}
        self.children: dict[str, dict[str, dict[str, Record]]] = {noun: {} for noun in PARENTS}
        self.known_as: dict[str, dict[tuple[str, str], list[str]]] = {noun: {} for noun in KNOWN_AS}
        self.counters: dict[str, int] = {}
        self.secrets: dict[str, str] = {}
        self.settings: dict[str, Any] = dict(DEFAULTS)

    def now(self) -> int:
        return self.clock.now_ms()

    def count(self, counter: str, first: int = 0) -> int:
        """The next number of a counter; a number is never given twice."""
        number = self.counters.get(counter, first)
        self.counters[counter] = number + 1
        return number

    def at_least(self, counter: str, taken: Iterable[str], first: int) -> None:
        """Move a counter past numbers that loaded records already use."""
        numbers = [int(key) + 1 for key in taken if key.isdigit()]
        self.counters[counter] = max([first, self.counters.get(counter, first), *numbers])

    def new_key(self, noun: str) -> str:
        return key_of(noun, self.count("records"), other_prefix=self.settings["ids"] == "other_prefix")

    def add(self, noun: str, record: Record) -> Record:
        """Keep a record (its `key` is set) and index it."""
        self.tables[noun][record["key"]] = record
        if parent := PARENTS.get(noun):
            self.children[noun].setdefault(record[parent], {})[record["key"]] = record
        self.index(noun, record)
        return record

    def remove(self, noun: str, record: Record) -> None:
        del self.tables[noun][record["key"]]
        if parent := PARENTS.get(noun):
            self.children[noun].get(record[parent], {}).pop(record["key"], None)
        self.unindex(noun, record)

    def index(self, noun: str, record: Record) -> None:
        for name in record[KNOWN_AS[noun]] if noun in KNOWN_AS else ():
            self.known_as[noun].setdefault((record["teamKey"], name), []).append(record["key"])

    def unindex(self, noun: str, record: Record) -> None:
        for name in record[KNOWN_AS[noun]] if noun in KNOWN_AS else ():
            keys = self.known_as[noun].get((record["teamKey"], name), [])
            if record["key"] in keys:
                keys.remove(record["key"])

    def below(self, noun: str, parent_key: str) -> list[Record]:
        """The records of a parent, in order of creation."""
        return list(self.children[noun].get(parent_key, {}).values())

    def find(self, noun: str, key: str) -> Record:
        """What GET answers for a key; raises Refused for an unknown one."""
        return self._existing(noun, key, NO_ENTITY)

    def existing(self, noun: str, key: str) -> Record:
        """What POST and DELETE work on; raises Refused for an unknown key."""
        return self._existing(noun, key, NOT_EXISTING)

    def _existing(self, noun: str, key: str, error: str) -> Record:
        record = self.tables[noun].get(key)
        if record is None:
            raise Refused(self.settings["unknown_key_status"], {"success": False, "error": error})
        return record

    def linked(self, noun: str, key: Any) -> str | None:
        """The key of a contact or organization that a body links; what becomes of a dead one is a setting.

        None for one that is silently dropped; raises Refused.
        """
        how = self.settings["dead_links"]
        if not isinstance(key, str) or key in self.tables[noun] or how == 400:
            return str(self.referred(noun, key)["key"])
        if how == 404:
            raise Refused(404, {"success": False, "error": NOT_EXISTING})
        if how == "other words":
            raise Refused(400, {"success": False, "error": "Invalid value for property"})
        return key if how == "kept" else None

    def referred(self, noun: str, key: Any) -> Record:
        """A record that a body names; raises Refused for an unknown key."""
        record = self.tables[noun].get(key) if isinstance(key, str) else None
        if record is None:
            raise unknown_reference()
        return record
