"""Lists read from an instant on, each record's last state, while others write: one way for each style of paging.

Rows that change move: in a list ordered by the last change they go to its end, and those behind them come up by one
place. So a list is never trusted to be where it was:

* keyset: the next page is asked for behind the last row itself.
* by place (page_index, page_number, offset): the next page is asked for from the last row's instant on, at place 0,
  and what was seen is left out. Only where a whole page is of one instant (or there is no `since`) the reading goes on
  at a later place; it then begins one row early, and where that row is not one that was seen, rows have come up and it
  goes back. So between the rows of two pages nothing is missed, as each page shows by itself.
* cursor: the shop keeps the place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from singer_rest import FIRST, FatalRunError, earlier, instant_of, parse_instant

from clarity_api.forms import UNITS, floor, written
from clarity_api.profile import UPDATED, StreamProfile
from clarity_api.site import Page, Row, Site

logger = logging.getLogger("tap-clarity")


class Reader:
    """Reads the lists of a shop."""

    def __init__(self, site: Site) -> None:
        """Take the shop."""
        self.site = site

    def pages(self, name: str, *, since: datetime | None, after: str | None = None, limit: int) -> Iterator[Page]:
        """All pages from an instant on, or (keyset) from behind its row with the id `after`.

        The next one is asked for when the last one's rows are used. A row comes again only in another state. Rows are
        in the order of their changes where the stream `resumes`. FatalRunError for rows that can't be paged by.
        """
        stream = self.site.stream(name)
        limit = min(limit, stream.paging.most or limit)
        if stream.paging.style == "keyset":
            return self._behind_the_last(stream, since, after, limit)
        if stream.paging.style == "cursor":
            return self._by_cursor(stream, since, limit)
        return _ByPlace(self.site, stream, limit).pages(since)

    @property
    def answered_at(self) -> datetime:
        """What the shop's clock showed at its last answer."""
        return self.site.answered_at

    def named(self, name: str, ids: list[str]) -> list[Row]:
        """The records with these ids in the order of their changes."""
        return in_order(Page(self.site.by_ids(name, ids), None, has_more=False), self.site.stream(name))

    def _behind_the_last(
        self, stream: StreamProfile, since: datetime | None, after: str | None, limit: int
    ) -> Iterator[Page]:
        params: dict[str, Any] = {**_sized(stream, limit), **_since(stream, since)}
        if after:
            params[stream.paging["after"]] = after
        before: tuple[Any, Any] = (since and since.isoformat(), after)
        timeless: set[str] = set()
        passed: list[tuple[Any, Any]] = []
        while True:
            page = self.site.page(stream, params)
            if page.rows:
                rows = [
                    row for row in in_order(page, stream) if not (_timeless(row) and _id_of(row, stream) in timeless)
                ]
                timeless.update(_id_of(row, stream) for row in page.rows if _timeless(row))
                yield replace(page, rows=rows)
            if not page.has_more:
                return
            position = _position_behind(page.rows, stream.key, before)
            if position is None or position in passed:
                raise _does_not_go_on(stream)
            if instant_of(position[0]) in {None, FIRST}:
                passed.append(position)
            before = position
            params |= _asked_behind(stream, position)

    def _by_cursor(self, stream: StreamProfile, since: datetime | None, limit: int) -> Iterator[Page]:
        params = {**_sized(stream, limit), **_since(stream, since)}
        known: set[str] = set()
        left = _Left(stream)
        while True:
            page = self.site.page(stream, params)
            if page.rows:
                yield replace(page, rows=left.in_turn(page) if stream.resumes else _from(page.rows, stream, since))
            if not page.has_more:
                break
            cursor = str(page.next)
            if cursor in known:
                raise _does_not_go_on(stream)
            known.add(cursor)
            params[stream.paging["cursor"]] = cursor
        yield from left.at_last()


class _ByPlace:
    """A list whose rows are asked for by their place."""

    def __init__(self, site: Site, stream: StreamProfile, limit: int) -> None:
        self._site, self._stream = site, stream
        self._limit = self._size = limit
        self._fixed = "size" not in stream.paging.parameters
        self._seen: dict[tuple[str, str], datetime] = {}
        self._ids: set[str] = set()
        self._before: tuple[int, int, list[tuple[str, str]]] = (0, limit, [])
        self._asked = limit
        self._left = _Left(stream)

    def pages(self, since: datetime | None) -> Iterator[Page]:
        anchor, place = since, 0
        while True:
            page, begin, aligned = self._window(anchor, place)
            if begin and self._came_up(page, begin, anchor, aligned=aligned):
                place = max(0, begin - self._size)
                continue
            self._check_progress(page, begin, anchor)
            rows = self._left.in_turn(page) if self._stream.resumes else page.rows
            new = [row for row in rows if self._key(row) not in self._seen]
            self._seen.update((self._key(row), _instant(row, self._stream)) for row in new)
            self._ids.update(str(row.get(self._stream.key)) for row in new)
            if new:
                yield replace(page, rows=new if self._stream.resumes else _from(new, self._stream, since))
            nothing_beyond = begin + len(page.rows) <= place
            if not page.has_more or (nothing_beyond and page.guessed):
                break
            ahead = self._ahead(anchor, page)
            if ahead is None and nothing_beyond:
                raise _does_not_go_on(self._stream)
            anchor, place = (anchor, begin + len(page.rows)) if ahead is None else (ahead, 0)
        yield from self._left.at_last()

    def _check_progress(self, page: Page, begin: int, anchor: datetime | None) -> None:
        """Raise FatalRunError where the page before and this one, which is asked for from later on, are one page."""
        (before, size, known), keys = self._before, [self._key(row) for row in page.rows]
        if begin > before and _begin_alike(keys, known):
            # rows may have gone down just so far: then the page before is another by now
            again = [self._key(row) for row in self._page(anchor, before, size).rows]
            if _begin_alike(keys, again):
                raise _does_not_go_on(self._stream)
        self._before = begin, self._asked, keys

    def _ahead(self, anchor: datetime | None, page: Page) -> datetime | None:
        """Where the list can begin now: at the last row, if the shop can tell its instant from that of the anchor."""
        since = self._stream.since
        if not (self._stream.resumes and since and page.rows):
            return None
        last = max(_instant(row, self._stream) for row in self._left.turn)
        if last == FIRST:
            return None
        if anchor is not None and floor(last, since.format) <= floor(anchor, since.format):
            return None
        begin, unit = floor(last, since.format), UNITS[since.format]
        self._seen = {key: at for key, at in self._seen.items() if begin - at <= unit or at == FIRST}
        return last

    def _window(self, anchor: datetime | None, place: int) -> tuple[Page, int, bool]:
        """A page that begins before a place and ends behind it, where it begins, and whether it begins at the place."""
        if place == 0:
            self._size = self._limit
        begin, size, aligned = self._fitting(place)
        page, self._asked = self._page(anchor, begin, size), size
        count = len(page.rows)
        if count > size:
            raise FatalRunError(
                f"GET {self._stream.path} gives {count} rows where {size} are due: set paging.most, and leave out "
                f"paging.size where the shop does not heed it ({self._stream.place('paging')})"
            )
        if 0 < count < size and page.has_more and not self._fixed and not (begin and page.guessed):
            # the shop gives fewer than it is asked for, and counts its pages by that
            self._size = count
            if begin and self._stream.paging.style != "offset":
                return self._window(anchor, place)
        return page, begin, aligned

    def _page(self, anchor: datetime | None, begin: int, size: int) -> Page:
        paging = self._stream.paging
        if paging.style == "offset":
            params = {paging["offset"]: begin}
        else:
            params = {paging["page"]: begin // size + (paging.style == "page_number")}
        return self._site.page(
            self._stream, {**params, **_sized(self._stream, size), **_since(self._stream, anchor)}, begin=begin
        )

    def _fitting(self, place: int) -> tuple[int, int, bool]:
        """First row and size of the page that goes farthest beyond a place and begins before it, or else at it."""
        begin = max(0, place - 1)
        if not self._fixed and self._stream.paging.style == "offset":
            size = self._size
        else:
            sizes = [self._size] if self._fixed else range(1, self._size + 1)
            size = max(sizes, key=lambda size: (size - begin % size, size))
            begin -= begin % size
        if place == 0 or begin + size > place:
            return begin, size, False
        size = self._size if self._fixed else max(n for n in range(1, self._size + 1) if place % n == 0)
        return place - place % size, size, True

    def _came_up(self, page: Page, begin: int, anchor: datetime | None, *, aligned: bool) -> bool:
        """Whether rows have come up over the border behind which this page begins."""
        if self._stream.order == "none":
            return False
        if not aligned:
            return not page.rows or not self._knows(page.rows[0])
        size = self._size if self._fixed else max(n for n in range(1, self._size + 1) if begin % n == 0)
        return not all(map(self._knows, self._page(anchor, begin - size, size).rows))

    def _knows(self, row: Row) -> bool:
        """Whether the row was seen; in a list that changes don't move, whatever its state was."""
        key = self._key(row)
        return key in self._seen or (self._stream.order != "updated" and key[0] in self._ids)

    def _key(self, row: Row) -> tuple[str, str]:
        return str(row.get(self._stream.key)), str(row.get(UPDATED))


class _Left:
    """Rows that are ahead of their turn: they changed while their page was made, and will come again at their place."""

    def __init__(self, stream: StreamProfile) -> None:
        self._stream = stream
        self._rows: dict[str, Row] = {}
        self.turn: list[Row] = []
        """Those of the last page."""

    def in_turn(self, page: Page) -> list[Row]:
        """The rows whose turn it is, by their instants. FatalRunError for a list that is ordered otherwise."""
        when = [instant for row in page.rows if (instant := _instant(row, self._stream)) > FIRST]
        if page.has_more and when and when[-1] < when[0]:
            where = self._stream.place("order")
            raise FatalRunError(f"GET {self._stream.path} does not come in the order of changes: set `order` ({where})")
        rows = in_order(page, self._stream)
        self._rows.update((str(row.get(self._stream.key)), row) for row in page.rows)
        for row in rows:
            self._rows.pop(str(row.get(self._stream.key)), None)
        self.turn = rows
        return rows

    def at_last(self) -> Iterator[Page]:
        """Those that did not come again."""
        if self._rows:
            yield Page(in_order(Page([*self._rows.values()], None, has_more=False), self._stream), None, has_more=False)


def in_order(page: Page, stream: StreamProfile) -> list[Row]:
    """The rows by updatedAt; those without a readable one come first.

    One ahead of the page's last row is left for its turn, as the next page begins there.
    """
    when = [_instant(row, stream) for row in page.rows]
    last = next((instant for instant in reversed(when) if instant > FIRST), FIRST)
    turn = [number for number, instant in enumerate(when) if instant <= last or not page.has_more]
    return [page.rows[number] for number in sorted(turn, key=when.__getitem__)]


def _instant(row: Row, stream: StreamProfile) -> datetime:
    """When a row changed, FIRST where it does not say. FatalRunError where it has no id either: that is no shop's."""
    instant = instant_of(row.get(UPDATED))
    if instant is None:
        _id_of(row, stream)
    return instant or FIRST


def _timeless(row: Row) -> bool:
    return instant_of(row.get(UPDATED)) in {None, FIRST}


def _id_of(row: Row, stream: StreamProfile) -> str:
    if row.get(stream.key) is None:
        id_field, updated = stream.fields[stream.key], stream.fields[UPDATED]
        raise FatalRunError(
            f"GET {stream.path}: a record has no {id_field}, and its {updated} is missing or no instant "
            f"({stream.place('id')})"
        )
    return str(row[stream.key])


def _from(rows: list[Row], stream: StreamProfile, since: datetime | None) -> list[Row]:
    """The rows that changed since, of a list that can't be asked for them."""
    return (
        rows
        if since is None or stream.since
        else [row for row in rows if _timeless(row) or _instant(row, stream) >= since]
    )


def _sized(stream: StreamProfile, limit: int) -> dict[str, Any]:
    size = stream.paging.parameters.get("size")
    return {size: limit} if size else {}


def _since(stream: StreamProfile, instant: datetime | None, *, as_given: str = "") -> dict[str, Any]:
    """The parameter that asks for what changed since; `as_given`: the instant as the shop itself wrote it."""
    since = stream.since
    if instant is None or since is None:
        return {}
    if as_given and since.format == "iso" and not since.exclusive:
        return {since.parameter: as_given}
    unit = UNITS[since.format].total_seconds() if since.exclusive else 0
    return {since.parameter: written(earlier(instant, unit), since.format)}


def _position_behind(rows: list[Row], key: str, before: tuple[Any, Any]) -> tuple[Any, Any] | None:
    """Where the next page begins: behind the last row with a readable instant; None where that leads nowhere.

    A page without any is passed by the shop's own words; where those are none, by what is older than all instants.
    """
    places = [(row.get(UPDATED), row.get(key)) for row in rows]
    readable = [place for place in places if instant_of(place[0])]
    if readable:
        return readable[-1] if _moves_on(before, readable[-1]) else None
    if places and isinstance(places[-1][0], str) and isinstance(places[-1][1], str):
        return places[-1]
    if places and before[0] is None:
        logger.warning("a list begins with a page of records without updatedAt: others of them may be left out")
        return FIRST.isoformat().replace("+00:00", "Z"), None
    return None


def _moves_on(before: tuple[Any, Any], position: tuple[Any, Any]) -> bool:
    """Whether the position of a page's row is beyond the one that the page was asked from."""
    if not isinstance(position[1], str):
        return False
    was, now = instant_of(before[0]), parse_instant(position[0])
    return was is None or now > was or (now == was and position[1] != before[1])


def _asked_behind(stream: StreamProfile, position: tuple[Any, Any]) -> dict[str, Any]:
    """The parameters that ask for what is behind a position."""
    text, key = position
    asked = _since(stream, instant_of(text) or FIRST, as_given=text)
    return asked | ({} if key is None else {stream.paging["after"]: key})


def _begin_alike(keys: list[tuple[str, str]], others: list[tuple[str, str]]) -> bool:
    both = list(zip(keys, others, strict=False))
    return bool(both) and all(key == other for key, other in both)


def _does_not_go_on(stream: StreamProfile) -> FatalRunError:
    how = stream.paging.style
    if how == "keyset" and stream.since:
        how = f"{stream.since.parameter} and {stream.paging['after']}"
    return FatalRunError(f"GET {stream.path} does not go on: the shop must page by {how} ({stream.place('paging')})")
