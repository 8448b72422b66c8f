"""Finds the records that are gone since an earlier scan of all keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from singer_rest import iso_text, to_ms

from tap_streak.known_keys import Gone, KnownKeys

REPORTED = "deletions_told"


def deletions(
    known: KnownKeys,
    existing: dict[str, str],
    state: dict[str, Any],
    confirm: Callable[[list[tuple[str, str]]], Collection[str]],
) -> Iterator[Gone]:
    """What existed and is not among `existing` (parents by key); and what was reported before, but not to the end.

    `confirm` gives those keys of (key, parent) pairs that are surely gone. `state` is the stream's own; the number of
    the scan goes into it when all are handed over.
    """
    heard = int(state.get(REPORTED, 0))
    known.acknowledge(heard)
    now = str(iso_text(to_ms(datetime.now(UTC))))
    missing = known.missing(existing)
    confirmed = confirm(missing) if missing else ()
    known.remember(existing)
    scan = max(known.last_scan(), heard) + 1
    known.report((Gone(key, parent, now) for key, parent in missing if key in confirmed), scan)
    reported = known.reported()
    yield from reported
    if reported:
        state[REPORTED] = known.last_scan()
