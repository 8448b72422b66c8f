"""Files and e-mail threads of a box: there is no Drive and no mailbox, so both are only what a caller names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.counters import recount
from sandbox.streak.errors import insufficient

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

THREAD_LISTS = (
    "names",
    "emailAddresses",
    "fileKeys",
    "files",
    "messageSentTimestamps",
    "senderEmailSendTimestampPairs",
)


def files_of_box(call: Call, key: str) -> list[Record]:
    call.store.find("boxes", key)
    return call.store.below("files", key)


def attach_file(call: Call) -> Record:
    """A file of Google Drive comes to a box; its name is its id, as there is no Drive to ask."""
    store, body = call.store, call.json_object()
    if not body.get("driveFileId"):
        raise insufficient("File")
    box = store.referred("boxes", body.get("driveBoxKey"))
    key, now = store.new_key("files"), store.now()
    file = {
        **_below(box, key),
        "fileKey": key,
        "fileName": str(body["driveFileId"]),
        "driveFileId": str(body["driveFileId"]),
        "userKey": call.user,
        "creationTimestamp": now,
        "lastSavedTimestamp": now,
    }
    return _added(store, "files", file)


def file(call: Call, key: str) -> Record:
    return call.store.find("files", key)


def contents(call: Call, key: str) -> bytes:
    return f"the contents of {call.store.find('files', key)['fileName']}\n".encode()


def threads_of_box(call: Call, key: str) -> list[Record]:
    call.store.find("boxes", key)
    return call.store.below("threads", key)


def attach_thread(call: Call, box_key: str) -> Record:
    """An e-mail thread comes to a box; it is empty, as there is no mailbox to read."""
    store, body = call.store, call.json_object()
    box = store.existing("boxes", box_key)
    if not body.get("threadGmailId"):
        raise insufficient("Thread")
    now = store.now()
    thread = {
        **_below(box, store.new_key("threads")),
        "creatorKey": call.user,
        "boxKeys": [box_key],
        "creationTimestamp": now,
        "lastUpdatedTimestamp": now,
        "lastEmailTimestamp": now,
        "lastEmailFrom": "",
        "numberOfEmails": 0,
        "subject": "",
        "threadGmailId": body["threadGmailId"],
        **{name: [] for name in THREAD_LISTS},
    }
    return _added(store, "threads", thread)


def thread(call: Call, key: str) -> Record:
    return call.store.find("threads", key)


def remove_thread(call: Call, key: str) -> Record:
    removed = call.store.existing("threads", key)
    call.store.remove("threads", removed)
    recount(call.store, removed["boxKey"])
    return {"success": True}


def _below(box: Record, key: str) -> Record:
    return {"key": key, "boxKey": box["key"], "pipelineKey": box["pipelineKey"]}


def _added(store: Store, noun: str, record: dict[str, Any]) -> Record:
    store.add(noun, record)
    recount(store, record["boxKey"])
    return record
