"""Lists of Streak, page by page, and lists that are proven complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count as numbers
from typing import Any, TypeAlias

from singer_rest import ApiError, FatalRunError, OddAnswer, RestClient

from streak_api.errors import IncompleteList

Row: TypeAlias = dict[str, Any]
TOKENS = ("nextPageToken", "nextPage")
MOST_PASSES = 3
ROWS_A_PAGE = 100
"""So many are asked for in lists that must be complete."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that no earlier page had, when the server answered, and whether it said that there are more."""

    rows: list[Row]
    at: datetime
    more: bool | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """The rows of one answer, and whether it says that there are more (None: it does not say)."""

    rows: list[Row]
    more: bool | None
    bare: bool

    def goes_on(self, limit: int | None) -> bool:
        """Whether another page may have rows.

        A bare array may be short because the server allows no longer one: only an empty page is surely the last.
        """
        if self.more is not None or limit is None:
            return bool(self.more and self.rows)
        return bool(self.rows) if self.bare else len(self.rows) >= limit


def opened(body: Any) -> Envelope:
    """The rows of an answer: a bare array, or `results` with `hasNextPage`. Raises OddAnswer for anything else."""
    rows = body.get("results") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise OddAnswer("gave no list of records")
    more = body.get("hasNextPage") if isinstance(body, dict) else None
    return Envelope(rows, more if isinstance(more, bool) else None, isinstance(body, list))


def pages(
    client: RestClient, path: str, limit: int | None = None, at_most: int | None = None, **params: Any
) -> Iterator[Page]:
    """A list by `page` and `limit`; without a limit as the server divides it. `at_most`: only so many pages.

    A server that ignores `page` is asked for all at once.
    """
    seen: set[str] = set()
    for number in numbers() if at_most is None else range(at_most):
        paging = {"page": number} if limit or number else {}
        asked = {**params, **paging, **({"limit": limit} if limit else {})}
        answer = client.ask("GET", path, params=asked or None, expect=opened)
        envelope = opened(answer.body)
        new = [row for row in envelope.rows if str(row.get("key")) not in seen]
        if number and envelope.rows and not new:
            yield from _all_at_once(client, path, params, seen, envelope)
            return
        seen.update(str(row.get("key")) for row in new)
        yield Page(new, answer.at, envelope.more)
        if not envelope.goes_on(limit):
            return


def _all_at_once(client: RestClient, path: str, params: Row, seen: set[str], stuck: Envelope) -> Iterator[Page]:
    answer = client.ask("GET", path, params=params or None, expect=opened)
    new = [row for row in opened(answer.body).rows if str(row.get("key")) not in seen]
    if stuck.more and not new:
        raise FatalRunError(f"GET {path} does not go on: the API must page by `page`")
    yield Page(new, answer.at)


def cursor_pages(client: RestClient, path: str, limit: int, **params: Any) -> Iterator[Page]:
    """A list by `cursor`; its last page has none, and may be empty."""
    cursors: set[str] = set()
    position: Row = {}
    while True:
        answer = client.ask("GET", path, params={**params, "limit": limit, **position}, expect=opened)
        yield Page(opened(answer.body).rows, answer.at)
        cursor = answer.body.get("cursor") if isinstance(answer.body, dict) else None
        if not cursor:
            return
        if cursor in cursors:
            raise FatalRunError(f"GET {path} does not go on: the same cursor came twice")
        cursors.add(cursor)
        position = {"cursor": cursor}


def token_entries(client: RestClient, path: str, limit: int) -> Iterator[Row]:
    """The entries of a box's timeline, oldest first; a token alone asks for the next page."""
    body = _entries(client, path, {"direction": "Ascending", "limit": limit})
    while True:
        yield from body["entries"]
        token = body.get("nextPage")
        if not token:
            return
        # documents and clients differ about the token's name
        try:
            body = _entries(client, path, {TOKENS[0]: token})
        except ApiError as refused:
            if not refused.unknown:
                raise
            body = _entries(client, path, {TOKENS[1]: token})


def _entries(client: RestClient, path: str, params: Row) -> Any:
    return client.ask("GET", path, params=params, expect=_has_entries).body


def _has_entries(body: Any) -> None:
    entries = body.get("entries") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OddAnswer("gave no list of entries")


def rows_of(read: Iterable[Page]) -> list[Row]:
    """All rows of the pages."""
    return [row for page in read for row in page.rows]


def whole_list(
    read: Callable[[int | None], Iterable[Page]],
    what: str,
    count: Callable[[], int | None] | None = None,
    *,
    earlier_count: int = 0,
) -> list[Row]:
    """Every row of a list that others may change meanwhile: `read` takes the limit of a page, None for all at once.

    `earlier_count` is what `count` said some time ago; `what` names the list. Where Streak counts more rows than its
    pages have, all at once must have as many, or prove by having the same rows that the count is wrong.

    Raises:
        IncompleteList: the list can't be proven complete.
    """
    rows = _steady_rows(read, what, count if earlier_count > ROWS_A_PAGE else None)
    if count and earlier_count > len(rows) and (counted := count() or 0) > len(rows):
        at_once = {str(row["key"]): row for row in rows_of(read(None))}
        if len(at_once) < counted and at_once.keys() != rows.keys():
            raise IncompleteList(f"{what} has {len(rows):,} of {counted:,}")
        rows = at_once
    return list(rows.values())


def _steady_rows(
    read: Callable[[int | None], Iterable[Page]], what: str, count: Callable[[], int | None] | None
) -> dict[str, Row]:
    """The rows by key of a list that did not change in a way that hides some.

    A row that leaves moves the first row of the next page to one that was read already. So a list of several pages is
    complete when a second reading has all that the first had, or when `count` says the same right before and after.
    """
    rows: dict[str, Row] = {}
    for passes in range(MOST_PASSES):
        before = count() if count else None
        first, *others = read(ROWS_A_PAGE)
        last, rows = rows.keys(), {str(row["key"]): row for row in rows_of([first, *others])}
        alone = not others or (not first.more and len(rows) == len(first.rows) < ROWS_A_PAGE)
        if alone or (passes and rows.keys() >= last) or (count and before == len(rows) == count()):
            return rows
    raise IncompleteList(f"{what} changed during each of {MOST_PASSES} readings")
