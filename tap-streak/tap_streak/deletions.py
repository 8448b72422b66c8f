"""Finds the records that are gone: it remembers which existed, and compares a scan of all keys with them.

A deletion is reported in every run until a STATE comes back in which it was: nobody may have heard a run that broke
off.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from singer_rest import FatalRunError, iso_text, to_ms

REPORTED = "deletions_told"
TABLE = """
create table if not exists known (
  scope text not null, stream text not null, key text not null, parent text not null,
  deleted_at text, scan integer not null default 0, primary key (scope, stream, key)
) without rowid
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that existed once; `parent` is its pipeline or team."""

    key: str
    parent: str
    deleted_at: str


class KnownKeys:
    """The keys of one stream of one account (`scope`), in a SQLite file."""

    def __init__(self, file: str, scope: str, stream: str) -> None:
        self._file = file
        self._scope = (scope, stream)
        try:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            self._run(TABLE, ())
        except (OSError, sqlite3.Error) as error:
            raise FatalRunError(f"known_keys_file can't be used: {error}") from None

    def acknowledge(self, scan: int) -> None:
        """Forget the deletions that were reported up to this scan."""
        self._change("delete from known where scope = ? and stream = ? and scan > 0 and scan <= ?", [(scan,)])

    def remember(self, keys: Mapping[str, str]) -> None:
        """Remember what exists: parents by key. What was thought gone is back."""
        self._change(
            "insert into known (scope, stream, key, parent) values (?, ?, ?, ?) on conflict do update "
            "set parent = excluded.parent, deleted_at = null, scan = 0",
            keys.items(),
        )

    def missing(self, keys: Mapping[str, str]) -> list[tuple[str, str]]:
        """Key and parent of what existed and is not among these."""
        query = "select key, parent from known where scope = ? and stream = ? and scan = 0 order by key"
        return [(key, parent) for key, parent in self._run(query, self._scope) if key not in keys]

    def report(self, gone: Iterable[Gone], scan: int) -> None:
        """Note deletions as reported in this scan."""
        self._change(
            "insert into known values (?, ?, ?, ?, ?, ?) on conflict do update "
            "set deleted_at = excluded.deleted_at, scan = excluded.scan",
            [(record.key, record.parent, record.deleted_at, scan) for record in gone],
        )

    def reported(self) -> list[Gone]:
        """Deletions without an acknowledgement."""
        query = (
            "select key, parent, deleted_at from known where scope = ? and stream = ? and scan > 0 order by scan, key"
        )
        return [Gone(*row) for row in self._run(query, self._scope)]

    def last_scan(self) -> int:
        """The number of the last scan that found something gone."""
        ((number,),) = self._run("select coalesce(max(scan), 0) from known where scope = ? and stream = ?", self._scope)
        return int(number)

    def _run(self, query: str, values: Iterable[object]) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file)) as database, database:
            return database.execute(query, tuple(values)).fetchall()

    def _change(self, query: str, rows: Iterable[tuple[object, ...]]) -> None:
        with closing(sqlite3.connect(self._file)) as database, database:
            database.executemany(query, ((*self._scope, *row) for row in rows))


def deletions(
    known: KnownKeys,
    existing: dict[str, str],
    state: dict[str, Any],
    confirm: Callable[[list[tuple[str, str]]], Collection[str]],
    at: datetime,
) -> Iterator[Gone]:
    """What existed and is not among `existing` (parents by key); and what was reported before, but not to the end.

    `confirm` gives those keys of (key, parent) pairs that are surely gone. `state` is the stream's own; the number of
    the scan goes into it when all are handed over. `at`: when that is noticed. Raises FatalRunError for a number of
    a scan that is none.
    """
    heard = state.get(REPORTED, 0)
    if not isinstance(heard, int):
        raise FatalRunError(f"`{REPORTED}` in the STATE is no number: correct it, or run without STATE")
    known.acknowledge(heard)
    now = str(iso_text(to_ms(at)))
    missing = known.missing(existing)
    confirmed = confirm(missing) if missing else ()
    known.remember(existing)
    scan = max(known.last_scan(), heard) + 1
    known.report((Gone(key, parent, now) for key, parent in missing if key in confirmed), scan)
    reported = known.reported()
    yield from reported
    if reported:
        state[REPORTED] = known.last_scan()
