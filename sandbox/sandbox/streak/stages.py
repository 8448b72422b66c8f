"""Stages: a map in the pipeline, their order in its `stageOrder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.errors import Refused, bad_request, insufficient
from sandbox.streak.store import NOT_EXISTING

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

FIRST_STAGE = 5001
THEME = {"foregroundColor": "#ffffff", "backgroundColor": "#4a90d9"}


def touched(store: Store, pipeline: Record) -> Record:
    pipeline["lastUpdatedTimestamp"] = pipeline["lastSavedTimestamp"] = store.now()
    return pipeline


def counted(store: Store, pipeline: Record) -> Record:
    """The stages of a pipeline with their boxes counted."""
    stages: Record = pipeline["stages"]
    counts = dict.fromkeys(stages, 0)
    for box in store.children["boxes"].get(pipeline["key"], {}).values():
        counts[box["stageKey"]] += 1
    for key, stage in stages.items():
        stage["boxCount"] = counts[key]
    return stages


def list_stages(call: Call, pipeline_key: str) -> Record:
    return counted(call.store, call.store.find("pipelines", pipeline_key))


def get(call: Call, pipeline_key: str, key: str) -> Record:
    pipeline = call.store.find("pipelines", pipeline_key)
    counted(call.store, pipeline)
    return _stage(call.store, pipeline, key)


def create(call: Call, pipeline_key: str) -> Record:
    pipeline, body = call.store.existing("pipelines", pipeline_key), call.json_object()
    stage = new_stage(call.store, pipeline, body.get("name"))
    _paint(stage, body.get("color"))
    call.store.announce("STAGE_CREATE", pipeline_key, stage)
    return stage


def new_stage(store: Store, pipeline: Record, name: Any) -> Record:
    if not isinstance(name, str) or not name.strip():
        raise insufficient("Stage")
    key = str(store.count(f"stages of {pipeline['key']}", FIRST_STAGE))
    stage = {"key": key, "name": name, "color": dict(THEME), "isColorFromTheme": True, "boxCount": 0}
    pipeline["stages"][key] = stage
    pipeline["stageOrder"].append(key)
    touched(store, pipeline)
    return stage


def update(call: Call, pipeline_key: str, key: str) -> Record:
    pipeline, body = call.store.existing("pipelines", pipeline_key), call.json_object()
    stage = _stage(call.store, pipeline, key)
    stage["name"] = body.get("name") or stage["name"]
    _paint(stage, body.get("color"))
    touched(call.store, pipeline)
    return stage


def _paint(stage: Record, color: Any) -> None:
    if isinstance(color, dict):
        own = any(color.values())
        stage |= {"color": color if own else dict(THEME), "isColorFromTheme": not own}


def delete(call: Call, pipeline_key: str, key: str) -> Record:
    store, pipeline = call.store, call.store.existing("pipelines", pipeline_key)
    _stage(store, pipeline, key)
    if any(box["stageKey"] == key for box in store.below("boxes", pipeline_key)):
        raise bad_request("Stage is not empty")
    if len(pipeline["stages"]) == 1:
        raise bad_request("The last stage cannot be deleted")
    del pipeline["stages"][key]
    pipeline["stageOrder"].remove(key)
    touched(store, pipeline)
    return {"success": True}


def _stage(store: Store, pipeline: Record, key: str) -> Record:
    stage: Record | None = pipeline["stages"].get(key)
    if stage is None:
        raise Refused(store.settings["unknown_key_status"], {"success": False, "error": NOT_EXISTING})
    return stage
