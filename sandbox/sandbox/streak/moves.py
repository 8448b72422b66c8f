"""What becomes of a box's stage and fields when it goes to another pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.fields import OPTIONS, options

if TYPE_CHECKING:
    from sandbox.streak.store import Record, Store


def move(store: Store, box: Record, target: Record) -> Record:
    """The changes of a move: stage and fields are carried over by name, the rest is lost."""
    source = store.tables["pipelines"][box["pipelineKey"]]
    return {
        "pipelineKey": target["key"],
        "stageKey": _same_stage(source["stages"][box["stageKey"]]["name"], target),
        "fields": _same_fields(box["fields"], source, target),
    }


def _same_stage(name: str, target: Record) -> str:
    same = (key for key in target["stageOrder"] if target["stages"][key]["name"] == name)
    stage: str = next(same, target["stageOrder"][0])
    return stage


def _same_fields(values: Record, source: Record, target: Record) -> Record:
    there = {(field["name"], field["type"]): field for field in target["fields"]}
    kept = {}
    for field in source["fields"]:
        twin = there.get((field["name"], field["type"]))
        value = _same_value(values.get(field["key"]), field, twin) if twin else None
        if twin and value:
            kept[twin["key"]] = value
    return kept


def _same_value(value: Any, field: Record, twin: Record) -> Any:
    """Options have keys of their own in every pipeline; their labels carry over."""
    if field["type"] not in OPTIONS or value is None:
        return value
    labels, keys = options(field), {label: key for key, label in options(twin).items()}
    if isinstance(value, list):
        return [keys[labels[key]] for key in value if labels.get(key) in keys]
    return keys.get(labels.get(value, ""))
