"""Reads one shop: pages of rows in the order of their changes, and records by their ids."""

import logging
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, TypeAlias

import requests
from requests.auth import AuthBase

from tap_clarity.errors import BRIEF, PATIENT, NoAnswerError, ShopError
from tap_clarity.exchange import exchange
from tap_clarity.instants import parse_instant

IDS_PER_CALL = 100
LONGEST_WAIT = 30.0
LONGEST_PAUSE = 600.0
LOGGER = logging.getLogger("tap-clarity")

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows; how many there are from this page's first row on, where the shop says so; whether others follow."""

    rows: list[Row]
    total: int | None
    has_more: bool


class ClarityClient:
    """GET requests to one shop, one at a time, repeated while that may help."""

    def __init__(
        self, api_url: str, auth: AuthBase, *, hints: Mapping[int, str], user_agent: str, timeout: float
    ) -> None:
        self._api_url = api_url
        self._hints = hints
        self._timeout = timeout
        self._answered = False
        self._session = requests.Session()
        self._session.auth = auth
        self._session.headers.update({"Accept": "application/json", "User-Agent": user_agent})

    def pages(
        self, path: str, key: str, *, since: datetime | None, after: str | None = None, limit: int
    ) -> Iterator[Page]:
        """All pages from an instant on, or from behind its row with the id `after`.

        The next one is asked for when the last one's rows are used. Raises ShopError for rows that can't be paged by.
        """
        params: dict[str, Any] = {"limit": limit}
        if since:
            params["updatedSince"] = since.isoformat().replace("+00:00", "Z")
        if after:
            params["afterId"] = after
        while True:
            page = self.get(path, params)
            if page.rows:
                place = {"updatedSince": page.rows[-1].get("updatedAt"), "afterId": page.rows[-1].get(key)}
                yield Page(_in_order(page, path), page.total, page.has_more)
            if not page.has_more:
                return
            if not page.rows or not _moves_on(params, place):
                raise ShopError(f"GET {path} does not go on: the shop must page by updatedSince and afterId")
            params.update(place)

    def by_ids(self, path: str, ids: Sequence[str]) -> list[Row]:
        """The records that exist among these ids, a hundred a call."""
        parts = (ids[start : start + IDS_PER_CALL] for start in range(0, len(ids), IDS_PER_CALL))
        return [row for part in parts for row in self.get(path, {"ids": ",".join(part)}).rows]

    def named(self, path: str, ids: Sequence[str]) -> list[Row]:
        """Those records in the order of their changes. Raises ShopError for one without."""
        return _in_order(Page(self.by_ids(path, ids), None, has_more=False), path)

    def get(self, path: str, params: Mapping[str, Any]) -> Page:
        """One page of a list. Raises ShopError, or NoAnswerError when no try gave an answer."""
        for tried in count(1):
            try:
                page = self._ask(path, params)
            except NoAnswerError as error:
                # who has answered as a shop does only stumbles; who never has may be none
                if tried >= (PATIENT if self._answered else error.tries) or (error.retry_after or 0) > LONGEST_PAUSE:
                    raise
                self._wait(error, tried)
            else:
                self._answered = True
                return page
        raise AssertionError  # count() has no end

    def _ask(self, path: str, params: Mapping[str, Any]) -> Page:
        url = f"{self._api_url}{path}"
        body = exchange(
            self._session, "GET", url, setting="api_url", hints=self._hints, params=params, timeout=self._timeout
        )
        rows = body.get("data") if isinstance(body, dict) and body.get("success") is not False else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NoAnswerError(f"GET {path} gave no list of records: check api_url", tries=BRIEF)
        total = body.get("totalCount")
        # without a word about more, only an empty page is surely the last
        return Page(rows, total if isinstance(total, int) else None, bool(body.get("hasMore", rows)))

    def _wait(self, error: NoAnswerError, tried: int) -> None:
        seconds = error.retry_after
        if seconds is None:
            seconds = random.uniform(0, min(LONGEST_WAIT, 2.0 ** (tried - 1)))  # noqa: S311 - jitter is no secret
        LOGGER.warning("%s; trying again in %.1f s", error, seconds)
        time.sleep(seconds)


def _in_order(page: Page, path: str) -> list[Row]:
    """The rows by updatedAt; one ahead of the page's last row is left for its turn, as the next page begins there."""
    try:
        when = [parse_instant(row["updatedAt"]) for row in page.rows]
    except (KeyError, TypeError, ValueError):
        raise ShopError(
            f"GET {path}: a record's updatedAt is missing or no instant; the shop can't be read without"
        ) from None
    turn = [number for number, instant in enumerate(when) if instant <= when[-1] or not page.has_more]
    return [page.rows[number] for number in sorted(turn, key=when.__getitem__)]


def _moves_on(before: Mapping[str, Any], place: Mapping[str, Any]) -> bool:
    """Whether the page's last row is beyond the place that the page was asked from."""
    if not isinstance(place["afterId"], str):
        return False
    if "updatedSince" not in before:
        return True
    was, now = parse_instant(str(before["updatedSince"])), parse_instant(place["updatedSince"])
    return now > was or (now == was and place["afterId"] != before.get("afterId"))
