"""The SCHEMAs of what the mapping writes: derived from the same types, so they are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_crosswalk.flows import DELETED_AT, ID, Flow
from mapper_crosswalk.kinds import Schema, to_schema, union
from mapper_crosswalk.ownership import sync_of
from mapper_crosswalk.sayings import SAID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_crosswalk.scope import Value

REJECTED = "rejected_records"
TEXT: Schema = {"type": ["string", "null"]}
INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
SOURCE: Schema = {
    "type": "object",
    "properties": {
        "system": {"type": "string"},
        "stream": {"type": "string"},
        "key": TEXT,
        "updatedAt": INSTANT,
        "version": {"type": ["integer", "null"]},
        "date": INSTANT,
    },
}
CHANGE: Schema = {
    "type": ["object", "null"],
    "properties": {
        "path": {"type": "string"},
        "value": {},
        "first": {"type": "boolean"},
        "remember": {"type": "boolean"},
    },
}
REJECTED_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "stream": {"type": "string"},
        "key": {"type": "string"},
        "path": {"type": "string"},
        "reason": {"type": "string"},
        "record": {"type": ["object", "null"]},
        "rejectedAt": INSTANT,
    },
}


def schema_message(stream: str, schema: Schema, keys: Sequence[str]) -> dict[str, Any]:
    """Return a SCHEMA message."""
    return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(keys)}


def rejected_message() -> dict[str, Any]:
    """Return the SCHEMA message of the records that can't be mapped."""
    return schema_message(REJECTED, REJECTED_SCHEMA, ("stream", "key", "path"))


def stream_schema(flows: Sequence[Flow], fingerprint: str, *, tombstones: bool) -> Schema:
    """Return the schema of a stream: the union over all flows that write it."""
    names = dict.fromkeys(name for flow in flows for name in flow.fields)
    properties = {name: _property(name, flows) for name in names}
    properties[ID] = {**properties[ID], "type": "string"}
    properties["_flow"] = {"type": "string", "enum": [flow.spec.name for flow in flows]}
    properties["_source"] = SOURCE
    if any("of" in entry for flow in flows for entry in flow.sync.values()):
        properties[SAID] = {"type": ["object", "null"]}
    if any("on_change" in flow.spec.keys for flow in flows):
        properties["_change"] = CHANGE
    if tombstones:
        properties[DELETED_AT] = INSTANT
    return {"type": "object", "required": [ID], "properties": properties, "x-mapping-hash": fingerprint}


def _property(path: str, flows: Sequence[Flow]) -> Schema:
    values = [(flow, flow.fields[path]) for flow in flows if path in flow.fields]
    children = dict.fromkeys(child for _, value in values for child in value.children or ())
    if not children:
        return _with_sync(_typed(values), flows, path)
    properties: Schema = {}
    for child in children:
        inside = [(flow, value.children[child]) for flow, value in values if value.children and child in value.children]
        properties[child] = _with_sync(_typed(inside), flows, f"{path}.{child}")
    return _with_sync({"type": ["object", "null"], "properties": properties}, flows, path)


def _typed(values: Sequence[tuple[Flow, Value]]) -> Schema:
    null = any(value.null or flow.spec.flag("clear") for flow, value in values)
    return to_schema(union(value.kind for _, value in values), null=null)


def _with_sync(schema: Schema, flows: Sequence[Flow], path: str) -> Schema:
    sync = sync_of(flows, path)
    return {**schema, "x-sync": sync} if sync else schema
