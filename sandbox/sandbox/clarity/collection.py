"""All records of one kind, ordered by (updatedAt, id)."""

import bisect
from collections.abc import Callable, Iterator
from typing import Any

from sandbox import wire
from sandbox.clarity.instants import iso, micros
from sandbox.clarity.kinds import Kind

Record = dict[str, Any]
AHEAD_MS = 24 * 3600 * 1000
Position = tuple[int, str]  # microseconds of updatedAt, id


class Collection:
    """Records by id; each is kept encoded too, since lists are what a shop is asked for most."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.records: dict[str, Record] = {}
        self._encoded: dict[str, bytes] = {}
        self._places: dict[str, Position] = {}
        self._order: list[Position] = []

    def put(self, record: Record) -> None:
        """Insert or replace. Raises ValueError when updatedAt is no instant."""
        key = record[self.kind.id_name]
        place = (micros(record["updatedAt"]), key)
        if key in self._places:
            del self._order[bisect.bisect_left(self._order, self._places[key])]
        bisect.insort(self._order, place)
        self._places[key] = place
        self.records[key] = record
        self._encoded[key] = wire.encode(record)

    def remove(self, key: str) -> None:
        """Take a record out. Raises KeyError when there is none."""
        del self.records[key], self._encoded[key]
        place = self._places.pop(key)
        del self._order[bisect.bisect_left(self._order, place)]

    def encoded(self, key: str) -> bytes | None:
        return self._encoded.get(key)

    def stamp(self, now_ms: int) -> str:
        """An updatedAt that puts a record at the very end: now, or just after the latest one that is not days ahead."""
        place = bisect.bisect_right(self._order, ((now_ms + AHEAD_MS) * 1000, ""))
        latest = self._order[place - 1][0] // 1000 if place else 0
        return iso(max(now_ms, latest + 1))

    def new_id(self) -> str:
        """The next free id."""
        number = len(self.records) + 1
        while f"{self.kind.prefix}{number}" in self.records:
            number += 1
        return f"{self.kind.prefix}{number}"

    def start(self, since: int | None, after_id: str | None) -> int:
        """Where a list begins that starts at an instant (inclusive), or right after one record."""
        if since is None:
            return 0
        if after_id is None:
            return bisect.bisect_left(self._order, (since, ""))
        return bisect.bisect_right(self._order, (since, after_id))

    def page(self, start: int, limit: int) -> tuple[list[bytes], int]:
        """Up to `limit` encoded records from a place on, and how many there are from there on."""
        return [self._encoded[key] for _, key in self._order[start : start + limit]], len(self._order) - start

    def matching(self, start: int, limit: int, keep: Callable[[Record], bool]) -> tuple[list[bytes], int]:
        """The same of the records that pass `keep`."""
        keys = [key for _, key in self._order[start:] if keep(self.records[key])]
        return [self._encoded[key] for key in keys[:limit]], len(keys)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records.values())
