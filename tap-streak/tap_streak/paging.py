"""Streak's ways of giving a list in pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, FatalRunError
from singer_rest.http.answers import OddAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_rest.http.client import RestClient

    from tap_streak.client import Row

TOKENS = ("nextPageToken", "nextPage")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that no earlier page had, and when the server answered."""

    rows: list[Row]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Envelope:
    rows: list[Row]
    more: bool | None  # None: the answer does not say


def pages(client: RestClient, path: str, limit: int, **params: Any) -> Iterator[Page]:
    """A list with `page` and `limit`: a bare array, or `results` with `hasNextPage`.

    A server that ignores `page` is asked for all at once.
    """
    seen: set[str] = set()
    for number in count():
        answer = client.ask("GET", path, params={**params, "limit": limit, "page": number}, expect=opened)
        envelope = opened(answer.body)
        fresh = [row for row in envelope.rows if str(row.get("key")) not in seen]
        if number and envelope.rows and not fresh:
            yield from _all_at_once(client, path, params, seen, envelope)
            return
        seen.update(str(row.get("key")) for row in fresh)
        yield Page(fresh, answer.at)
        if not _goes_on(answer.body, envelope, limit):
            return


def _goes_on(body: Any, envelope: _Envelope, limit: int) -> bool:
    if envelope.more is not None:
        return envelope.more and bool(envelope.rows)
    # a bare array may be short because the server allows no longer one: only an empty page is surely the last
    return bool(envelope.rows) if isinstance(body, list) else len(envelope.rows) >= limit


def _all_at_once(
    client: RestClient, path: str, params: dict[str, Any], seen: set[str], stuck: _Envelope
) -> Iterator[Page]:
    answer = client.ask("GET", path, params=params, expect=opened)
    fresh = [row for row in opened(answer.body).rows if str(row.get("key")) not in seen]
    if stuck.more and not fresh:
        raise FatalRunError(f"GET {path} does not go on: the API must page by `page`")
    yield Page(fresh, answer.at)


def cursor_pages(client: RestClient, path: str, limit: int, **params: Any) -> Iterator[Page]:
    """A list with `cursor`; the last page has none, and may be empty."""
    cursors: set[str] = set()
    place: dict[str, Any] = {}
    while True:
        answer = client.ask("GET", path, params={**params, "limit": limit, **place}, expect=opened)
        yield Page(opened(answer.body).rows, answer.at)
        cursor = answer.body.get("cursor") if isinstance(answer.body, dict) else None
        if not cursor:
            return
        if cursor in cursors:
            raise FatalRunError(f"GET {path} does not go on: the same cursor came twice")
        cursors.add(cursor)
        place = {"cursor": cursor}


def timeline(client: RestClient, path: str, limit: int) -> Iterator[Row]:
    """The entries of a box, oldest first; a token alone asks for the next page."""
    body = _entries(client, path, {"direction": "Ascending", "limit": limit})
    while True:
        yield from body["entries"]
        token = body.get("nextPage")
        if not token:
            return
        # documents and clients differ about the token's name
        try:
            body = _entries(client, path, {TOKENS[0]: token})
        except ApiError as error:
            if not error.unknown:
                raise
            body = _entries(client, path, {TOKENS[1]: token})


def _entries(client: RestClient, path: str, params: dict[str, Any]) -> Any:
    return client.ask("GET", path, params=params, expect=_check_entries).body


def _check_entries(body: Any) -> None:
    entries = body.get("entries") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OddAnswer("gave no list of entries")


def opened(body: Any) -> _Envelope:
    """The rows of either envelope. Raises OddAnswer for anything else."""
    rows = body.get("results") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise OddAnswer("gave no list of records")
    more = body.get("hasNextPage") if isinstance(body, dict) else None
    return _Envelope(rows, more if isinstance(more, bool) else None)
