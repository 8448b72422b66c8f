"""Records put into the store as they are: given keys and timestamps are kept, the rest is filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.streak import (
    boxes,
    comments,
    contacts,
    fields,
    meetings,
    organizations,
    parties,
    people,
    pipelines,
    tasks,
    teams,
)
from sandbox.streak.counters import recount
from sandbox.streak.stages import FIRST_STAGE
from sandbox.system import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.streak.store import Record, Store

CREATED = {  # noun: the event of a new record and that of a replaced one
    "boxes": ("BOX_CREATE", "BOX_EDIT"),
    "contacts": ("CONTACT_CREATE", "CONTACT_UPDATE"),
    "organizations": ("ORG_CREATE", "ORG_UPDATE"),
    "tasks": ("TASK_CREATE", "TASK_UPDATED"),
    "comments": ("COMMENT_CREATE", "COMMENT_CREATE"),
    "meetings": ("MEETING_CREATE", "MEETING_UPDATE"),
}
ALIASES = {"boxes": "boxKey", "pipelines": "pipelineKey", "comments": "commentKey", "users": "userKey"}


def load(store: Store, noun: str, record: Record) -> None:
    """Insert or replace a record. Raises LoadError."""
    if noun not in BLANKS:
        raise LoadError(f"streak has no {noun!r}; it has {', '.join(BLANKS)}")
    had = store.tables[noun].get(record.get("key", ""))
    full = BLANKS[noun](store, record) | record
    if noun in ALIASES:
        full[ALIASES[noun]] = full["key"]
    if had is not None:
        store.unindex(noun, had)
    store.add(noun, full)
    if "boxKey" in full and noun != "boxes":
        _counted(store, full["boxKey"])
    _tell(store, noun, had, full)


def _tell(store: Store, noun: str, had: Record | None, full: Record) -> None:
    if noun not in CREATED:
        return
    scope = full.get("pipelineKey") or full.get("teamKey") or ""
    store.announce(CREATED[noun][had is not None], scope, full)
    if had is not None and noun == "boxes" and had["stageKey"] != full["stageKey"]:
        store.announce("BOX_CHANGE_STAGE", scope, full)


def _counted(store: Store, box_key: str) -> None:
    """A box that was loaded keeps the timestamps it was loaded with."""
    saved = store.tables["boxes"][box_key]["lastSavedTimestamp"]
    recount(store, box_key)
    store.tables["boxes"][box_key]["lastSavedTimestamp"] = saved


def _parent(store: Store, noun: str, record: Record, name: str) -> Record:
    """The record that `record` belongs to: the one it names, else the first one."""
    table = store.tables[noun]
    parent = table.get(record[name]) if name in record else next(iter(table.values()), None)
    if parent is None:
        raise LoadError(f"no record of {noun} has the {name} {record.get(name)!r}")
    return parent


def _creator(store: Store, record: Record) -> str:
    creator: str = record.get("creatorKey") or next(iter(store.tables["users"]))
    if creator not in store.tables["users"]:
        raise LoadError(f"no user has the creatorKey {creator!r}")
    return creator


def _user(store: Store, record: Record) -> Record:
    if not record.get("email"):
        raise LoadError("a user needs an email")
    return dict(people.new_user(store, record["email"]))


def _team(store: Store, record: Record) -> Record:
    owner = next(iter(store.tables["users"]))
    made = teams.new_team(store, record.get("name", ""), owner, [])
    store.remove("teams", made)
    for member in record.get("members", []):
        user = people.new_user(store, member["email"], member.get("fullName", ""))
        member.setdefault("userKey", user["key"])
        if member["userKey"] not in store.tables["users"]:
            store.add("users", user | {"key": member["userKey"], "userKey": member["userKey"]})
        member.setdefault("role", "Member")
    return made


def _pipeline(store: Store, record: Record) -> Record:
    team = _parent(store, "teams", record, "teamKey")
    made = pipelines.new_pipeline(store, _creator(store, record), {"name": "", "teamKey": team["key"]}, [])
    store.remove("pipelines", made)
    key = record.get("key", made["key"])
    store.at_least(f"stages of {key}", record.get("stages", {}), FIRST_STAGE)
    store.at_least(f"fields of {key}", (field["key"] for field in record.get("fields", [])), fields.FIRST_FIELD)
    for field in record.get("fields", []):
        if field["type"] in fields.OPTIONS:
            store.at_least(f"options of {key} {field['key']}", fields.options(field), fields.FIRST_OPTION)
    record.setdefault("stageOrder", list(record.get("stages", {})))
    return made


def _box(store: Store, record: Record) -> Record:
    pipeline = _parent(store, "pipelines", record, "pipelineKey")
    if record.get("stageKey", pipeline["stageOrder"][0]) not in pipeline["stages"]:
        raise LoadError(f"the pipeline has no stage with the stageKey {record['stageKey']!r}")
    made = boxes.blank(store, pipeline, _creator(store, record))
    created = record.get("creationTimestamp", made["creationTimestamp"])
    updated = record.get("lastUpdatedTimestamp", created)
    return made | {
        "creationTimestamp": created,
        "lastUpdatedTimestamp": updated,
        "lastSavedTimestamp": updated,
        "lastStageChangeTimestamp": created,
    }


def _contact(store: Store, record: Record) -> Record:
    made = contacts.blank(store, _parent(store, "teams", record, "teamKey")["key"], _creator(store, record))
    record["emailAddresses"] = [email.strip().lower() for email in record.get("emailAddresses", [])]
    named = [email.partition("@")[2] for email in record["emailAddresses"]] + record.get("domains", [])
    return _dated(made, record) | {"normalizedDomains": [parties.domain_of(name) for name in dict.fromkeys(named)]}


def _organization(store: Store, record: Record) -> Record:
    made = organizations.blank(store, _parent(store, "teams", record, "teamKey")["key"], _creator(store, record))
    return _dated(made, record) | {"normalizedDomains": [parties.domain_of(name) for name in record.get("domains", [])]}


def _dated(made: Record, record: Record) -> Record:
    created = record.get("creationDate", made["creationDate"])
    saved = record.get("lastSavedTimestamp", created)
    return made | {"creationDate": created, "lastSavedTimestamp": saved, "versionTimestamp": saved}


def _child(blank: Callable[[Store, Record, str], Record]) -> Callable[[Store, Record], Record]:
    def make(store: Store, record: Record) -> Record:
        made = blank(store, _parent(store, "boxes", record, "boxKey"), _creator(store, record))
        created = record.get("creationDate") or record.get("timestamp") or made["lastSavedTimestamp"]
        return made | {"lastSavedTimestamp": created}

    return make


BLANKS: dict[str, Callable[[Store, Record], Record]] = {
    "users": _user,
    "teams": _team,
    "pipelines": _pipeline,
    "boxes": _box,
    "contacts": _contact,
    "organizations": _organization,
    "tasks": _child(tasks.blank),
    "comments": _child(comments.blank),
    "meetings": _child(meetings.blank),
}
