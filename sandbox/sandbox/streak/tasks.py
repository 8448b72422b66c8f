"""Tasks of a box, and the agenda of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import nested
from sandbox.streak.counters import recount
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.paging import numbered
from sandbox.streak.people import brief, named_members, sharing_entry

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

STATUSES = ("NOT_DONE", "DONE")
NO_DATE = -1
DAY = 86_400_000
BACKWARDS = ("desc", "past")
FORWARDS = ("asc", "future")


def list_tasks(call: Call, box_key: str) -> Record:
    call.store.find("boxes", box_key)
    return numbered(call, call.store.below("tasks", box_key))


def get(call: Call, key: str) -> Record:
    return call.store.find("tasks", key)


def create(call: Call, box_key: str) -> Record:
    store, body = call.store, call.json_object()
    box = store.existing("boxes", box_key)
    if not body.get("text"):
        raise insufficient("Task")
    task = blank(store, box, call.user)
    task |= _changes(store, box, body)
    if not task["assignedTo"]:
        task |= assigned([store.tables["users"][call.user]])
    return _saved(store, store.add("tasks", _scheduled(task)), "TASK_CREATE")


def blank(store: Store, box: Record, creator: str) -> Record:
    now, user = store.now(), store.tables["users"][creator]
    return {
        "key": store.new_key("tasks"),
        "boxKey": box["key"],
        "pipelineKey": box["pipelineKey"],
        "creatorKey": creator,
        "creator": brief(user),
        "creatorSharingEntry": sharing_entry(user),
        "assignedTo": [],
        "assignedToSharingEntries": [],
        "creationDate": now,
        "lastSavedTimestamp": now,
        "lastStatusChangeDate": now,
        "text": "",
        "status": "NOT_DONE",
        "reminderStatus": "NONE",
        "isDraft": False,
        "actions": [],
        "meetingKey": None,
    }


def update(call: Call, key: str) -> Record:
    store, body = call.store, call.json_object()
    task = store.existing("tasks", key)
    was = task["status"]
    task |= _changes(store, store.tables["boxes"][task["boxKey"]], body)
    if body.get("dueDate") is not None and int(body["dueDate"]) == NO_DATE:
        del task["dueDate"]
    task["lastSavedTimestamp"] = store.now()
    completed = task["status"] == "DONE" != was
    if task["status"] != was:
        task["lastStatusChangeDate"] = store.now()
    return _saved(store, _scheduled(task), "TASK_COMPLETE" if completed else "TASK_UPDATED")


def delete(call: Call, key: str) -> Record:
    task = call.store.existing("tasks", key)
    call.store.remove("tasks", task)
    recount(call.store, task["boxKey"])
    return {"success": True}


def _changes(store: Store, box: Record, body: Record) -> Record:
    new: Record = {name: body[name] for name in ("text", "meetingKey") if body.get(name) is not None}
    if body.get("isDraft") is not None:
        new["isDraft"] = str(body["isDraft"]).lower() == "true"
    if (status := body.get("status")) is not None:
        new["status"] = _status(status)
    if body.get("dueDate") is not None:
        new["dueDate"] = _date(body["dueDate"])
    people = nested(body.get("assignedTo", _older_spelling(store, body)))
    if people is not None and store.settings["task_assignees"] != "dropped":
        team = store.tables["pipelines"][box["pipelineKey"]]["teamKey"]
        new |= assigned(named_members(store, team, people))
    return new


def _older_spelling(store: Store, body: Record) -> Any:
    return None if store.settings["task_assignees"] == "only_assignedTo" else body.get("assignedToSharingEntries")


def _status(status: Any) -> Any:
    if status not in STATUSES:
        raise bad_request(f"Unknown task status: {status}")
    return status


def _date(value: Any) -> int:
    """Milliseconds; a form sends them as text."""
    if isinstance(value, bool) or not str(value).removeprefix("-").isdigit():
        raise bad_request("dueDate must be a number of milliseconds")
    return int(value)


def assigned(users: list[Record]) -> Record:
    """Both spellings, because both are seen in the wild."""
    return {
        "assignedTo": [brief(user) for user in users],
        "assignedToSharingEntries": [sharing_entry(user) for user in users],
    }


def _scheduled(task: Record) -> Record:
    if task.get("dueDate") == NO_DATE:
        del task["dueDate"]
    due = task.get("dueDate")
    undone = "SCHEDULED" if due else "NONE"
    task["reminderStatus"] = "NOT_REMINDED_BECAUSE_TASK_DONE" if due and task["status"] == "DONE" else undone
    task["sortOrder"] = _sort_order(due or 0)
    return task


def _saved(store: Store, task: Record, event: str) -> Record:
    recount(store, task["boxKey"])
    if not task["isDraft"]:
        store.announce(event, task["pipelineKey"], task)
    return task


def agenda(call: Call) -> Record:
    """Assigned tasks over all boxes: of the asking user, not done, due before tomorrow, unless told otherwise."""
    users = set(call.query.get("userKeys", [])) or {call.user}
    pipeline, direction = call.param("pipelineKey"), call.param("direction") or "desc"
    if direction not in (*BACKWARDS, *FORWARDS):
        raise bad_request("Invalid direction")
    boundary = call.param("sortOrder") or _sort_order(call.store.now() // DAY * DAY + DAY)
    found = [
        task
        for task in call.store.tables["tasks"].values()
        if "dueDate" in task
        and not users.isdisjoint(person["userKey"] for person in task["assignedTo"])
        and (call.truth("includeCompleted") or task["status"] != "DONE")
        and pipeline in (None, task["pipelineKey"])
        and (task["sortOrder"] < boundary) == (direction in BACKWARDS)
    ]
    found.sort(key=lambda task: task["sortOrder"], reverse=direction in BACKWARDS)
    return numbered(call, found, default=50)


def _sort_order(due: int) -> str:
    return f"{due:021d}{'0' * 9}"
