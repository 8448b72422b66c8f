"""What a box counts of its tasks, comments, meetings and call logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.people import sharing_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.streak.store import Record, Store

OPTIONAL = (
    "taskPercentageComplete",
    "soonestTaskDueDate",
    "earliestOverdueTaskDueDate",
    "firstCallLogTimestamp",
    "mostRecentCallLogTimestamp",
    "firstMeetingNotesTimestamp",
    "mostRecentMeetingNotesTimestamp",
    "lastCommentTimestamp",
)
ATTACHED = (("gmailThreadCount", "threads"), ("fileCount", "files"))
MEETINGS = (("CALL_LOG", "callLogCount", "CallLog"), ("MEETING_NOTES", "meetingNotesCount", "MeetingNotes"))


def recount(store: Store, box_key: str) -> None:
    """Bring a box's counters up to date after a change below it; that saves the box but does not update it."""
    box = store.tables["boxes"][box_key]
    counted = _tasks(store, box_key) | _comments(store, box_key) | _meetings(store, box_key)
    counted |= {count: len(store.below(noun, box_key)) for count, noun in ATTACHED}
    if store.settings["child_instants"] == "frozen":
        box |= {name: value for name, value in counted.items() if name not in OPTIONAL}
        return
    for name in OPTIONAL:
        box.pop(name, None)
    box |= {name: value for name, value in counted.items() if value is not None}
    box["lastSavedTimestamp"] = store.now()


def _tasks(store: Store, box_key: str) -> Record:
    tasks, now = store.below("tasks", box_key), store.now()
    undone = [task for task in tasks if task["status"] != "DONE"]
    due = [task for task in undone if task.get("dueDate")]
    overdue = [task for task in due if task["dueDate"] < now]
    return {
        "taskTotal": len(tasks),
        "taskCompleteCount": len(tasks) - len(undone),
        "taskIncompleteCount": len(undone),
        "taskOverdueCount": len(overdue),
        "taskPercentageComplete": (len(tasks) - len(undone)) * 100 / len(tasks) if tasks else None,
        "soonestTaskDueDate": min((task["dueDate"] for task in due), default=None),
        "earliestOverdueTaskDueDate": min((task["dueDate"] for task in overdue), default=None),
        **_assignees(store, "taskAssignee", tasks),
        **_assignees(store, "incompleteTaskAssignee", undone),
        **_assignees(store, "overdueTaskAssignee", overdue),
    }


def _assignees(store: Store, name: str, tasks: Iterable[Record]) -> Record:
    keys = list(dict.fromkeys(person["userKey"] for task in tasks for person in task["assignedTo"]))
    users = store.tables["users"]
    entries = [sharing_entry(users[key]) for key in keys if key in users]
    return {f"{name}KeySet": keys, f"{name}SharingEntrySet": entries}


def _comments(store: Store, box_key: str) -> Record:
    comments = store.below("comments", box_key)
    return {"commentCount": len(comments), "lastCommentTimestamp": _most(comments, "timestamp")}


def _meetings(store: Store, box_key: str) -> Record:
    meetings = store.below("meetings", box_key)
    counted: Record = {}
    for kind, count, name in MEETINGS:
        held = [meeting for meeting in meetings if meeting["meetingType"] == kind]
        counted[count] = len(held)
        counted[f"total{name}Duration"] = sum(meeting["duration"] for meeting in held)
        counted[f"first{name}Timestamp"] = min((meeting["startTimestamp"] for meeting in held), default=None)
        counted[f"mostRecent{name}Timestamp"] = _most(held, "startTimestamp")
    return counted


def _most(records: list[Record], name: str) -> Any:
    return max((record[name] for record in records), default=None)
