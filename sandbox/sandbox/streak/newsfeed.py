"""What happened to boxes: read-only, written by the sandbox itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.streak.errors import bad_request

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

DETAIL_LEVELS = ("ALL", "CONDENSED")
MOST = 200


def write(store: Store, box: Record, user: str, event: str) -> str:
    """Note an event of a box; gives the entry's key."""
    entry = {
        "key": store.new_key("newsfeed"),
        "timestamp": store.now(),
        "newsfeedType": event,
        "boxKey": box["key"],
        "pipelineKey": box["pipelineKey"],
        "userKey": user,
        "boxName": box["name"],
        "stageKey": box["stageKey"],
    }
    key: str = store.add("newsfeed", entry)["key"]
    return key


def of_all(call: Call) -> list[Record]:
    return _newest(call, list(call.store.tables["newsfeed"].values()))


def of_pipeline(call: Call, key: str) -> list[Record]:
    call.store.find("pipelines", key)
    return _newest(call, [entry for entry in call.store.tables["newsfeed"].values() if entry["pipelineKey"] == key])


def of_box(call: Call, key: str) -> list[Record]:
    call.store.find("boxes", key)
    return _newest(call, call.store.below("newsfeed", key))


def _newest(call: Call, entries: list[Record]) -> list[Record]:
    if (call.param("detailLevel") or "ALL") not in DETAIL_LEVELS:
        raise bad_request("Invalid detailLevel")
    return entries[: -MOST - 1 : -1]
