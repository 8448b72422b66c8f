"""Reads one shop: pages of rows in the order of their changes, and records by their ids."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeAlias

from singer_rest import (
    FIRST,
    ApiKey,
    FatalRunError,
    OddAnswer,
    RestClient,
    Wording,
    auth_from,
    credentials,
    instant_of,
    parse_instant,
)

logger = logging.getLogger("tap-clarity")
IDS_PER_CALL = 100
RETRY_SECONDS = 120
LONGEST_PAUSE = 600

Row: TypeAlias = dict[str, Any]


def clarity_client(config: Mapping[str, Any], user_agent: str) -> ClarityClient:
    """The client for the shop of the settings."""
    who = credentials(config)
    hints = {
        0: "check api_url, and that the shop speaks this version of the API",
        401: f"the shop does not accept {who}",
        403: f"{who} may not read this: have the right added, or deselect the stream",
        404: "check api_url, on most sites it ends in /api/v1",
    }
    client = RestClient(
        base_url=config["api_url"],
        auth=auth_from(config, ApiKey, user_agent),
        user_agent=user_agent,
        request_timeout=config["request_timeout"],
        retry_seconds=RETRY_SECONDS,
        longest_pause=LONGEST_PAUSE,
        wording=Wording(hints=hints),
        pool=1,
        log_level=logging.WARNING,
    )
    return ClarityClient(client)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows; how many there are from this page's first row on, where the shop says so; whether others follow."""

    rows: list[Row]
    total: int | None
    has_more: bool


class ClarityClient:
    """Lists of one shop."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def pages(
        self, path: str, key: str, *, since: datetime | None, after: str | None = None, limit: int
    ) -> Iterator[Page]:
        """All pages from an instant on, or from behind its row with the id `after`.

        The next one is asked for when the last one's rows are used. FatalRunError for rows that can't be paged by.
        A row without a readable instant comes where the shop lists it, once.
        """
        params: dict[str, Any] = {"limit": limit}
        if since:
            params["updatedSince"] = since.isoformat().replace("+00:00", "Z")
        if after:
            params["afterId"] = after
        timeless: set[str] = set()
        positions: list[dict[str, Any]] = []
        while True:
            page = self.get(path, params)
            if page.rows:
                dated = _in_order(page)
                rows = [row for instant, row in dated if instant > FIRST or str(row.get(key)) not in timeless]
                timeless.update(_id_of(row, key, path) for instant, row in dated if instant == FIRST)
                yield Page(rows, page.total, page.has_more)
            if not page.has_more:
                return
            position = _position_behind(page.rows, key, params)
            if position is None or position in positions:
                raise FatalRunError(f"GET {path} does not go on: the shop must page by updatedSince and afterId")
            if instant_of(position["updatedSince"]) in {None, FIRST}:
                positions.append(position)
            params.update(position)

    def by_ids(self, path: str, ids: Sequence[str]) -> list[Row]:
        """The records that exist among these ids, a hundred a call."""
        parts = (ids[start : start + IDS_PER_CALL] for start in range(0, len(ids), IDS_PER_CALL))
        return [row for part in parts for row in self.get(path, {"ids": ",".join(part)}).rows]

    def named(self, path: str, ids: Sequence[str]) -> list[Row]:
        """Those records in the order of their changes."""
        return [row for _, row in _in_order(Page(self.by_ids(path, ids), None, has_more=False))]

    @property
    def answered_at(self) -> datetime:
        """What the shop's clock showed at its last answer."""
        return self._client.answered_at

    def get(self, path: str, params: Mapping[str, Any]) -> Page:
        """One page of a list. Raises what RestClient raises."""
        body = self._client.get(path, params=params, expect=_check_list)
        total = body.get("totalCount")
        # without a word about more, only an empty page is surely the last
        return Page(body["data"], total if isinstance(total, int) else None, bool(body.get("hasMore", body["data"])))


def _check_list(body: Any) -> None:
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise OddAnswer("gave no list of records")


def _id_of(row: Row, key: str, path: str) -> str:
    """The id of a row without a readable instant. FatalRunError where it has none either: that is no shop's list."""
    if row.get(key) is None:
        raise FatalRunError(f"GET {path}: a record has no {key}, and its updatedAt is missing or no instant")
    return str(row[key])


def _in_order(page: Page) -> list[tuple[datetime, Row]]:
    """The rows with their updatedAt and by it; FIRST stands for one that can't be read.

    One ahead of the page's last row is left for its turn, as the next page begins there.
    """
    when = [(instant_of(row.get("updatedAt")) or FIRST, row) for row in page.rows]
    last = next((instant for instant, _ in reversed(when) if instant > FIRST), FIRST)
    return sorted((each for each in when if each[0] <= last or not page.has_more), key=itemgetter(0))


def _position_behind(rows: Sequence[Row], key: str, before: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where the next page begins: behind the last row with a readable instant; None where that leads nowhere.

    A page without any is passed by the shop's own words; where those are none, by what is older than all instants.
    """
    places = [{"updatedSince": row.get("updatedAt"), "afterId": row.get(key)} for row in rows]
    readable = [place for place in places if instant_of(place["updatedSince"])]
    if readable:
        return readable[-1] if _moves_on(before, readable[-1]) else None
    if places and isinstance(places[-1]["updatedSince"], str) and isinstance(places[-1]["afterId"], str):
        return places[-1]
    if places and "updatedSince" not in before:
        logger.warning("a list begins with a page of records without updatedAt: others of them may be left out")
        return {"updatedSince": FIRST.isoformat().replace("+00:00", "Z")}
    return None


def _moves_on(before: Mapping[str, Any], position: Mapping[str, Any]) -> bool:
    """Whether the position of a page's row is beyond the one that the page was asked from."""
    if not isinstance(position["afterId"], str):
        return False
    was, now = instant_of(before.get("updatedSince")), parse_instant(position["updatedSince"])
    return was is None or now > was or (now == was and position["afterId"] != before.get("afterId"))
