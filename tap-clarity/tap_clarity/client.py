"""Reads one shop: pages of rows in the order of their changes, and records by their ids."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from singer_rest import ApiKey, FatalRunError, OddAnswer, RestClient, Wording, auth_from, credentials, parse_instant

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
        """
        params: dict[str, Any] = {"limit": limit}
        if since:
            params["updatedSince"] = since.isoformat().replace("+00:00", "Z")
        if after:
            params["afterId"] = after
        while True:
            page = self.get(path, params)
            if page.rows:
                position = {"updatedSince": page.rows[-1].get("updatedAt"), "afterId": page.rows[-1].get(key)}
                yield Page(_in_order(page, path), page.total, page.has_more)
            if not page.has_more:
                return
            if not page.rows or not _moves_on(params, position):
                raise FatalRunError(f"GET {path} does not go on: the shop must page by updatedSince and afterId")
            params.update(position)

    def by_ids(self, path: str, ids: Sequence[str]) -> list[Row]:
        """The records that exist among these ids, a hundred a call."""
        parts = (ids[start : start + IDS_PER_CALL] for start in range(0, len(ids), IDS_PER_CALL))
        return [row for part in parts for row in self.get(path, {"ids": ",".join(part)}).rows]

    def named(self, path: str, ids: Sequence[str]) -> list[Row]:
        """Those records in the order of their changes. FatalRunError for one without."""
        return _in_order(Page(self.by_ids(path, ids), None, has_more=False), path)

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


def _in_order(page: Page, path: str) -> list[Row]:
    """The rows by updatedAt; one ahead of the page's last row is left for its turn, as the next page begins there."""
    try:
        when = [parse_instant(row["updatedAt"]) for row in page.rows]
    except (KeyError, TypeError, ValueError):
        raise FatalRunError(
            f"GET {path}: a record's updatedAt is missing or no instant; the shop can't be read without"
        ) from None
    turn = [number for number, instant in enumerate(when) if instant <= when[-1] or not page.has_more]
    return [page.rows[number] for number in sorted(turn, key=when.__getitem__)]


def _moves_on(before: Mapping[str, Any], position: Mapping[str, Any]) -> bool:
    """Whether the position of a page's last row is beyond the one that the page was asked from."""
    if not isinstance(position["afterId"], str):
        return False
    if "updatedSince" not in before:
        return True
    was, now = parse_instant(str(before["updatedSince"])), parse_instant(position["updatedSince"])
    return now > was or (now == was and position["afterId"] != before.get("afterId"))
