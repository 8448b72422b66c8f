"""Pipelines: v1 and v2, in all the ways Streak lets them be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak import boxes, fields, stages
from sandbox.streak.call import array
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.paging import newest_first, numbered, unarchived
from sandbox.streak.people import new_user, sharing_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

DONE = {"success": True}
SORTS = ("creationTimestamp", "lastUpdatedTimestamp")
V1_EDITABLE = ("name", "description", "teamWide", "orgWide")
V2_EDITABLE = (
    "name",
    "description",
    "icon",
    "sharingRestrictedToTeam",
    "stageColorTheme",
    "customPermissionSets",
    "defaultPermissionSetName",
)


TAKEN = ("icon", "defaultPermissionSetName", "sharingRestrictedToTeam")  # at creation, besides name and description


def shown(store: Store, pipeline: Record) -> Record:
    """The pipeline with its boxes counted."""
    pipeline["boxCount"] = sum(stage["boxCount"] for stage in stages.counted(store, pipeline).values())
    return pipeline


def listed(call: Call) -> list[Record]:
    visible = unarchived(call.store, call.store.tables["pipelines"].values())
    pipelines = [shown(call.store, pipeline) for pipeline in visible]
    sort = call.param("sortBy")
    return newest_first(pipelines, sort) if sort in SORTS else pipelines


def list_v1(call: Call) -> list[Record]:
    return listed(call)


def list_v2(call: Call) -> Record:
    return numbered(call, listed(call))


def get(call: Call, key: str) -> Record:
    return shown(call.store, call.store.find("pipelines", key))


def create_v1(call: Call) -> Record:
    """Parallel comma lists of names and types, as the first version of the API had them."""
    body = call.json_object()
    names, kinds = _commas(body.get("fieldNames")), _commas(body.get("fieldTypes"))
    if not body.get("name"):
        raise insufficient("Pipeline")
    if len(names) != len(kinds):
        raise bad_request("fieldNames and fieldTypes must have the same length")
    made = new_pipeline(call.store, call.user, body, _commas(body.get("stageNames")))
    for name, kind in zip(names, kinds, strict=True):
        fields.new_field(call.store, made, name, kind)
    return shown(call.store, made)


def create_v2(call: Call) -> Record:
    body = call.json_object()
    if not body.get("name") or not body.get("teamKey") or not body.get("stages"):
        raise insufficient("Pipeline")
    made = new_pipeline(call.store, call.user, body, array(body["stages"], "stages", str))
    for field in array(body.get("fields") or [], "fields", dict):
        fields.new_field(call.store, made, field.get("name"), field.get("type"), field.get("defaultValue"))
    return shown(call.store, made)


def new_pipeline(store: Store, creator: str, body: Record, stage_names: Iterable[str]) -> Record:
    key, now = store.new_key("pipelines"), store.now()
    team = store.referred("teams", body.get("teamKey") or next(iter(store.tables["teams"]), None))
    made = {
        "key": key,
        "pipelineKey": key,
        "teamKey": team["key"],
        "creatorKey": creator,
        "name": body["name"],
        "description": body.get("description", ""),
        "creationTimestamp": now,
        "lastUpdatedTimestamp": now,
        "lastSavedTimestamp": now,
    } | blank()
    made |= {name: body[name] for name in TAKEN if body.get(name) is not None}
    store.add("pipelines", made)
    for name in stage_names:
        stages.new_stage(store, made, name)
    return made


def blank() -> Record:
    """What every pipeline has besides its own."""
    return {
        "icon": "",
        "sharingRestrictedToTeam": False,
        "teamWide": True,
        "fields": [],
        "stages": {},
        "stageOrder": [],
        "stageColorTheme": "DEFAULT",
        "aclEntries": [],
        "customPermissionSets": {},
        "defaultPermissionSetName": "EDITOR",
        "creationSourceType": "HUMAN",
        "boxCount": 0,
    }


def update_v1(call: Call, key: str) -> Record:
    return _update(call, key, V1_EDITABLE)


def update_v2(call: Call, key: str) -> Record:
    return _update(call, key, V2_EDITABLE)


def _update(call: Call, key: str, editable: tuple[str, ...]) -> Record:
    store, body = call.store, call.json_object()
    pipeline = store.existing("pipelines", key)
    order = _stage_order(pipeline, body.get("stageOrder"))
    entries = pipeline["aclEntries"]
    if body.get("aclEntries") is not None:
        entries = [_sharing(store, entry) for entry in array(body["aclEntries"], "aclEntries", dict)]
        if not entries:
            raise bad_request("aclEntries must not be empty")
    if body.get("teamKey"):
        pipeline["teamKey"] = store.referred("teams", body["teamKey"])["key"]
    pipeline |= {name: body[name] for name in editable if body.get(name) is not None}
    pipeline |= {"stageOrder": order, "aclEntries": entries}
    return shown(store, stages.touched(store, pipeline))


def _sharing(store: Store, entry: Record) -> Record:
    """A user with a permission set; who is named by an address that nobody has becomes a user."""
    key, email = entry.get("userKey"), entry.get("email")
    if not key and not isinstance(email, str):
        raise insufficient("Pipeline")
    user = store.referred("users", key) if key else new_user(store, str(email))
    return sharing_entry(user) | {"permissionSetName": entry.get("permissionSetName") or "EDITOR"}


def _stage_order(pipeline: Record, wanted: Any) -> list[str]:
    if wanted is None:
        return list(pipeline["stageOrder"])
    order = [str(key) for key in array(wanted, "stageOrder", str, int)]
    if sorted(order) != sorted(pipeline["stages"]):
        raise bad_request("stageOrder must hold every stage once")
    return order


def delete_v1(call: Call, key: str) -> Record:
    store, pipeline = call.store, call.store.existing("pipelines", key)
    for box in store.below("boxes", key):
        boxes.drop(store, box)
    store.remove("pipelines", pipeline)
    return DONE


def delete_v2(call: Call, key: str) -> Record:
    pipeline = call.store.existing("pipelines", key)
    if call.store.children["boxes"].get(key):
        raise bad_request("Pipeline is not empty")
    call.store.remove("pipelines", pipeline)
    return DONE


def _commas(names: Any) -> list[str]:
    return [name.strip() for name in names.split(",")] if names else []
