"""Meeting notes and call logs of a box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import array
from sandbox.streak.counters import recount
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.paging import numbered

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

TYPES = ("MEETING_NOTES", "CALL_LOG")
TIMES = ("startTimestamp", "duration")


def list_meetings(call: Call, box_key: str) -> Record:
    call.store.find("boxes", box_key)
    return numbered(call, call.store.below("meetings", box_key))


def get(call: Call, key: str) -> Record:
    return call.store.find("meetings", key)


def create(call: Call, box_key: str) -> Record:
    store, body = call.store, call.json_object()
    box = store.existing("boxes", box_key)
    if not body.get("meetingType") or body.get("startTimestamp") is None:
        raise insufficient("Meeting")
    meeting = blank(store, box, call.user) | _changes(store, body)
    store.add("meetings", meeting)
    recount(store, box_key)
    store.announce("MEETING_CREATE", box["pipelineKey"], meeting)
    return meeting


def blank(store: Store, box: Record, creator: str) -> Record:
    now = store.now()
    return {
        "key": store.new_key("meetings"),
        "boxKey": box["key"],
        "pipelineKey": box["pipelineKey"],
        "creatorKey": creator,
        "meetingType": "MEETING_NOTES",
        "startTimestamp": now,
        "duration": 0,
        "notes": "",
        "taskKeys": [],
        "isDraft": False,
        "creationDate": now,
        "lastSavedTimestamp": now,
    }


def update(call: Call, key: str) -> Record:
    store, meeting = call.store, call.store.existing("meetings", key)
    meeting |= _changes(store, call.json_object()) | {"lastSavedTimestamp": store.now()}
    recount(store, meeting["boxKey"])
    store.announce("MEETING_UPDATE", meeting["pipelineKey"], meeting)
    return meeting


def delete(call: Call, key: str) -> Record:
    meeting = call.store.existing("meetings", key)
    call.store.remove("meetings", meeting)
    recount(call.store, meeting["boxKey"])
    return {"success": True}


def _changes(store: Store, body: Record) -> Record:
    new: Record = {}
    if (kind := body.get("meetingType")) is not None:
        if kind not in TYPES:
            raise bad_request(f"Unknown meeting type: {kind}")
        new["meetingType"] = kind
    new |= {name: _milliseconds(name, body[name]) for name in TIMES if body.get(name) is not None}
    if body.get("notes") is not None:
        new["notes"] = str(body["notes"])
    if body.get("isDraft") is not None:
        new["isDraft"] = str(body["isDraft"]).lower() == "true"
    if body.get("taskKeys") is not None:
        new["taskKeys"] = [store.referred("tasks", key)["key"] for key in array(body["taskKeys"], "taskKeys", str)]
    return new


def _milliseconds(name: str, value: Any) -> int:
    """A whole number; a form sends it as text."""
    if isinstance(value, bool) or not str(value).isdigit():
        raise bad_request(f"{name} must be a number of milliseconds")
    return int(value)
