"""The timeline of a box: its comments, meetings, calls and changes in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import DECODER, ENCODER
from sandbox.streak.errors import bad_request
from sandbox.streak.paging import sealed, unsealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

FILTERS = (
    "CALL_LOGS",
    "COMMENTS",
    "EMAILS",
    "FILES",
    "HANGOUTS_CHAT",
    "MEETING_NOTES",
    "NEWSFEED_BOX_CREATION_MOVE",
    "NEWSFEED_BOX_EDIT",
)
MEETINGS = {"CALL_LOG": "CALL_LOGS", "MEETING_NOTES": "MEETING_NOTES"}
NEWS = {
    "BOX_CREATE": "NEWSFEED_BOX_CREATION_MOVE",
    "BOX_CHANGE_STAGE": "NEWSFEED_BOX_CREATION_MOVE",
    "BOX_CHANGE_PIPELINE": "NEWSFEED_BOX_CREATION_MOVE",
    "BOX_EDIT": "NEWSFEED_BOX_EDIT",
}
TOKEN = "nextPageToken"
LIMIT = 50


def of_box(call: Call, key: str) -> Record:
    """A page; the token alone asks for the next one."""
    call.store.find("boxes", key)
    wanted = _from_token(call, key) if TOKEN in call.query else _from_query(call)
    entries = [entry for entry in _entries(call.store, key) if entry["type"] in wanted["filters"]]
    descending = wanted["direction"] == "Descending"
    entries.sort(key=lambda entry: entry["timestamp"], reverse=descending)
    if (start := wanted["start"]) is not None:
        entries = [
            entry for entry in entries if (entry["timestamp"] <= start) == descending or entry["timestamp"] == start
        ]
    first, last = wanted["offset"], wanted["offset"] + wanted["limit"]
    page: Record = {"entries": entries[first:last]}
    if last < len(entries):
        page["nextPage"] = sealed(ENCODER.encode(wanted | {"box": key, "offset": last}).decode())
    return page


def _from_token(call: Call, key: str) -> Record:
    if len(call.query) > 1:
        raise bad_request("Only the page token may be given")
    try:
        wanted: Record = DECODER.decode(unsealed(call.param(TOKEN)))
    except ValueError:
        raise bad_request("Invalid page token") from None
    if wanted.get("box") != key:
        raise bad_request("Invalid page token")
    return wanted


def _from_query(call: Call) -> Record:
    direction = call.param("direction") or "Descending"
    filters = [name.strip() for name in (call.param("filters") or "").strip("[]").split(",") if name.strip()]
    if direction not in ("Descending", "Ascending") or any(name not in FILTERS for name in filters):
        raise bad_request("Invalid direction or filters")
    return {
        "direction": direction,
        "filters": filters or list(FILTERS),
        "start": call.number("startTimestamp"),
        "limit": call.number("limit", LIMIT, 1),
        "offset": 0,
    }


def _entries(store: Store, key: str) -> Iterator[Record]:
    for comment in store.below("comments", key):
        yield _entry("COMMENTS", comment["timestamp"], comment)
    for meeting in store.below("meetings", key):
        yield _entry(MEETINGS[meeting["meetingType"]], meeting["startTimestamp"], meeting)
    for news in store.below("newsfeed", key):
        if news["newsfeedType"] in NEWS:
            yield _entry(NEWS[news["newsfeedType"]], news["timestamp"], news)


def _entry(kind: str, timestamp: Any, entity: Record) -> Record:
    return {"type": kind, "timestamp": timestamp, "entity": entity}
