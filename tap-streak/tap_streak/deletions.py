"""Finds the records that are gone since an earlier scan of all keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from singer_rest.http.instants import iso_text, to_ms

from tap_streak.known_keys import Gone, KnownKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

TOLD = "deletions_told"


def deletions(
    known: KnownKeys,
    there: dict[str, str],
    state: dict[str, Any],
    confirm: Callable[[list[tuple[str, str]]], Collection[str]],
) -> Iterator[Gone]:
    """What was there and is not among `there` (parents by key); and what was told before, but not to the end.

    `confirm` gives those keys of (key, parent) pairs that are surely gone. `state` is the stream's own; it is marked
    when all are handed over.
    """
    known.acknowledge(int(state.get(TOLD, 0)))
    now = str(iso_text(to_ms(datetime.now(UTC))))
    missing = known.missing(there)
    confirmed = confirm(missing) if missing else ()
    known.present(there)
    scan = max(known.last_scan(), int(state.get(TOLD, 0))) + 1
    known.mark((Gone(key, parent, now) for key, parent in missing if key in confirmed), scan)
    told = known.told()
    yield from told
    if told:
        state[TOLD] = known.last_scan()
