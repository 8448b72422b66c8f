"""Boxes: create, read, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak import newsfeed, write_bends
from sandbox.streak.call import array, nested
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.moves import move
from sandbox.streak.people import named_members, sharing_entry
from sandbox.streak.values import apply_values

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

ZEROES = (
    "taskTotal",
    "taskCompleteCount",
    "taskIncompleteCount",
    "taskOverdueCount",
    "callLogCount",
    "meetingNotesCount",
    "totalCallLogDuration",
    "totalMeetingNotesDuration",
    "commentCount",
    "gmailThreadCount",
    "fileCount",
    "totalNumberOfEmails",
    "totalNumberOfSentEmails",
    "totalNumberOfReceivedEmails",
    "totalNumberOfLastSentEmailViews",
    "totalNumberOfSentEmailsViews",
    "totalNumberOfLastSentEmailLinksClicks",
)
LISTS = (
    "emailAddresses",
    "emailAddressesAutoExtracted",
    "emailAddressesBlacklist",
    "taskAssigneeKeySet",
    "overdueTaskAssigneeKeySet",
    "incompleteTaskAssigneeKeySet",
    "taskAssigneeSharingEntrySet",
    "overdueTaskAssigneeSharingEntrySet",
    "incompleteTaskAssigneeSharingEntrySet",
    "linkedBoxKeys",
    "assignedToSharingEntries",
    "stageHistoryEntries",
    "violations",
)
EDITS = ("name", "notes", "fields", "assignedToSharingEntries")  # what Streak calls a BOX_EDIT
CHILDREN = ("tasks", "comments", "meetings", "files", "threads")
LINKS = {"contacts": "contacts", "organizations": "organizations"}


def get(call: Call, key: str) -> Record:
    return call.store.find("boxes", key)


def create(call: Call, pipeline_key: str) -> Record:
    """`POST /v2/pipelines/{p}/boxes` and the PUT of v1."""
    store, body = call.store, call.json_object()
    pipeline = store.existing("pipelines", pipeline_key)
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise insufficient("Box")
    taken = write_bends.honoured(store, "create", body)
    box = blank(store, pipeline, call.user)
    box |= changes(store, box, pipeline, taken)
    store.add("boxes", box)
    newsfeed.write(store, box, call.user, "BOX_CREATE")
    store.announce("BOX_CREATE", pipeline_key, box)
    return box


def blank(store: Store, pipeline: Record, creator: str) -> Record:
    """A box as it is when nothing but its pipeline is known."""
    key, now, entry = store.new_key("boxes"), store.now(), sharing_entry(store.tables["users"][creator])
    return {
        "key": key,
        "boxKey": key,
        "pipelineKey": pipeline["key"],
        "stageKey": pipeline["stageOrder"][0] if pipeline["stageOrder"] else None,
        "name": "",
        "notes": "",
        "creatorKey": creator,
        "creationSourceType": "HUMAN",
        "creationTimestamp": now,
        "lastUpdatedTimestamp": now,
        "lastSavedTimestamp": now,
        "lastStageChangeTimestamp": now,
        "fields": {},
        "fieldsAutofillStatus": {},
        "creatorSharingEntry": entry,
        "followerSharingEntries": [entry],
        "followerKeys": [creator],
        "followerCount": 1,
        "freshness": 1.0,
        **{name: [] for name in LISTS},
        **dict.fromkeys(ZEROES, 0),
    }


def update(call: Call, key: str) -> Record:
    """Everything sent is checked before anything is changed."""
    store, body = call.store, write_bends.honoured(call.store, "update", call.json_object())
    box = store.existing("boxes", key)
    target = _target(store, box, body.get("pipelineKey"))
    moved = move(store, box, target) if target["key"] != box["pipelineKey"] else {}
    if new := moved | changes(store, box | moved, target, body):
        apply(call, box, new)
    return box


def _target(store: Store, box: Record, wanted: Any) -> Record:
    return store.referred("pipelines", wanted or box["pipelineKey"])


def apply(call: Call, box: Record, new: Record) -> None:
    """Write checked changes to a box, with the timestamps, the newsfeed and the webhooks they bring."""
    store, now, old = call.store, call.store.now(), dict(box)
    pipeline_key = new.get("pipelineKey", box["pipelineKey"])
    if pipeline_key != box["pipelineKey"]:
        store.remove("boxes", box)
    box |= new | {"lastUpdatedTimestamp": now, "lastSavedTimestamp": now}
    for name in [name for name in LINKS if box.get(name) == []]:
        del box[name]
    if box["stageKey"] != old["stageKey"] or pipeline_key != old["pipelineKey"]:
        box["lastStageChangeTimestamp"] = now
    if pipeline_key != old["pipelineKey"]:
        _rehome(store, box)
    _tell(call, old, box)


def _rehome(store: Store, box: Record) -> None:
    store.add("boxes", box)
    for noun in CHILDREN:
        for child in store.below(noun, box["key"]):
            child["pipelineKey"] = box["pipelineKey"]


def _tell(call: Call, old: Record, box: Record) -> None:
    happened = {
        "BOX_CHANGE_PIPELINE": old["pipelineKey"] != box["pipelineKey"],
        "BOX_CHANGE_STAGE": old["stageKey"] != box["stageKey"] and old["pipelineKey"] == box["pipelineKey"],
        "BOX_EDIT": any(old[name] != box[name] for name in EDITS),
    }
    for event in (event for event, yes in happened.items() if yes):
        newsfeed.write(call.store, box, call.user, event)
        call.store.announce(event, box["pipelineKey"], box)


def changes(store: Store, box: Record, pipeline: Record, body: Record) -> Record:
    """The properties of a body in the shape in which a box holds them; others are ignored."""
    new: Record = {name: str(body[name]) for name in ("name", "notes") if body.get(name) is not None}
    if "notes" in new and not write_bends.clears(store, new["notes"]):
        del new["notes"]
    if body.get("stageKey"):
        new["stageKey"] = _stage_key(pipeline, body["stageKey"])
    if body.get("fields"):
        new["fields"] = apply_values(store, box["fields"], pipeline, body["fields"])
    if (assignees := nested(body.get("assignedToSharingEntries"))) is not None:
        people = named_members(store, pipeline["teamKey"], assignees)
        new["assignedToSharingEntries"] = [sharing_entry(user) for user in people]
    if (followers := body.get("followerKeys")) is not None:
        new |= _followers([store.referred("users", key) for key in array(followers, "followerKeys", str)])
    if (linked := body.get("linkedBoxKeys")) is not None:
        new["linkedBoxKeys"] = [store.referred("boxes", key)["key"] for key in array(linked, "linkedBoxKeys", str)]
    for name, noun in LINKS.items():
        if (links := body.get(name)) is not None:
            new[name] = _links(store, noun, links)
    return new


def _stage_key(pipeline: Record, key: Any) -> str:
    if str(key) not in pipeline["stages"]:
        raise bad_request(f"Unknown stage key: {key}")
    return str(key)


def _followers(users: list[Record]) -> Record:
    entries = [sharing_entry(user) for user in users]
    return {
        "followerKeys": [user["key"] for user in users],
        "followerSharingEntries": entries,
        "followerCount": len(users),
    }


def _links(store: Store, noun: str, links: Any) -> list[Record]:
    """The whole list of a box's contacts or organizations, each once."""
    named = {}
    for link in array(links, noun, str, dict):
        key = link.get("key") if isinstance(link, dict) else link
        starred = isinstance(link, dict) and bool(link.get("isStarred"))
        if (linked := store.linked(noun, key)) is not None:
            named[linked] = {"key": linked, "isStarred": starred, "isAutoboxed": False}
    return list(named.values())


def delete(call: Call, key: str) -> Record:
    box = call.store.existing("boxes", key)
    drop(call.store, box)
    call.store.announce("BOX_DELETE", box["pipelineKey"], box)
    return {"success": True}


def drop(store: Store, box: Record) -> None:
    """A box goes with everything below it."""
    for noun in (*CHILDREN, "newsfeed"):
        for child in store.below(noun, box["key"]):
            store.remove(noun, child)
    store.remove("boxes", box)


def values_of(call: Call, key: str) -> list[Record]:
    box = call.store.find("boxes", key)
    fields = call.store.tables["pipelines"][box["pipelineKey"]]["fields"]
    return [_value(box, field["key"]) for field in fields]


def value_of(call: Call, key: str, field_key: str) -> Record:
    box = call.store.find("boxes", key)
    _definition(call.store, box, field_key)
    return _value(box, field_key)


def set_value(call: Call, key: str, field_key: str) -> Record:
    box, body = call.store.existing("boxes", key), call.json_object()
    if "value" not in body:
        raise insufficient("Field")
    if call.store.settings["field_values"] == "dropped":
        return _value(box, field_key)
    apply(call, box, {"fields": apply_values(call.store, box["fields"], *_sent(call.store, box, field_key, body))})
    return _value(box, field_key)


def _sent(store: Store, box: Record, field_key: str, body: Record) -> tuple[Record, Record]:
    _definition(store, box, field_key)
    return store.tables["pipelines"][box["pipelineKey"]], {field_key: body["value"]}


def _definition(store: Store, box: Record, field_key: str) -> Record:
    for field in store.tables["pipelines"][box["pipelineKey"]]["fields"]:
        if field["key"] == field_key:
            found: Record = field
            return found
    raise bad_request(f"Unknown field key: {field_key}")


def _value(box: Record, field_key: str) -> Record:
    if field_key not in box["fields"]:
        return {"key": field_key}
    return {"key": field_key, "value": box["fields"][field_key]}
