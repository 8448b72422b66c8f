"""Streak's ways of giving a list in pages."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from sandbox.streak.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

CURSOR_LIMIT = 100
CURSOR_MOST = 1000


def numbered(call: Call, records: Sequence[Any], default: int = 100, most: int = 1000) -> Record:
    """Style B: `limit` and a zero-based `page`, answered with `results` and `hasNextPage`."""
    limit = min(call.number("limit", default, 1) or default, most)
    number = call.number("page", 0) or 0
    first = 0 if call.store.settings["box_list_page"] == "ignored" and is_boxes(records) else number * limit
    return {"results": records[first : first + limit], "hasNextPage": first + limit < len(records)}


def is_boxes(records: Sequence[Any]) -> bool:
    """Whether these are boxes: their lists have switches of their own."""
    return bool(records) and "stageKey" in records[0]


def unarchived(store: Store, records: Iterable[Record]) -> list[Record]:
    """What lists show: with the switch, nothing that is archived."""
    hidden = store.settings["archived"] == "hidden"
    return [record for record in records if not (hidden and record.get("isArchived"))]


def after_cursor(call: Call, records: list[Record]) -> Record:
    """Style C: ordered by key; a full page carries a cursor even when it is the last one."""
    limit = min(call.number("limit", CURSOR_LIMIT, 1) or CURSOR_LIMIT, CURSOR_MOST)
    last = unsealed(call.param("cursor"))
    page = sorted((record for record in records if record["key"] > last), key=lambda record: record["key"])[:limit]
    if len(page) < limit:
        return {"results": page}
    return {"results": page, "cursor": sealed(page[-1]["key"])}


def newest_first(records: Iterable[Record], name: str) -> list[Record]:
    """Descending by a timestamp; of equal ones the one made last comes first."""
    ordered = list(records)
    ordered.reverse()
    ordered.sort(key=lambda record: -record[name])
    return ordered


def sealed(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def unsealed(token: str | None) -> str:
    if not token:
        return ""
    try:
        return b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise bad_request("Invalid cursor") from None
