"""The SCHEMAs of what the mapping writes: derived from the same types, so they are true."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mapper_crosswalk.compile.flows import DELETED_AT, ID, SOURCE_VALUES, Flow
from mapper_crosswalk.types.kinds import Schema, distinct, to_schema, union

REJECTED = "rejected_records"
# of rejected records, and of the properties that are the mapper's own
SCHEMAS: dict[str, Schema] = json.loads(Path(__file__).with_name("schemas.json").read_text("utf-8"))


def schema_message(stream: str, schema: Schema, keys: Sequence[str]) -> dict[str, Any]:
    """Return a SCHEMA message."""
    return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(keys)}


REJECTED_MESSAGE = schema_message(REJECTED, SCHEMAS[REJECTED], ("stream", "key", "path"))


def stream_schema(flows: Sequence[Flow], fingerprint: str, *, tombstones: bool) -> Schema:
    """Return the schema of a stream: the union over all flows that write it."""
    names = dict.fromkeys(name for flow in flows for name in flow.fields)
    properties = {name: _property(name, flows) for name in names}
    properties[ID] = {**properties[ID], "type": "string"}
    properties["_flow"] = {"type": "string", "enum": [flow.spec.name for flow in flows]}
    own = {
        "_source": True,
        SOURCE_VALUES: any("of" in entry for flow in flows for entry in flow.sync.values()),
        "_change": any("on_change" in flow.spec.keys for flow in flows),
        DELETED_AT: tombstones,
    }
    properties |= {name: SCHEMAS[name] for name, written in own.items() if written}
    return {"type": "object", "required": [ID], "properties": properties, "x-mapping-hash": fingerprint}


def _property(path: str, flows: Sequence[Flow]) -> Schema:
    writers = [flow for flow in flows if path in flow.values]
    values = [flow.values[path] for flow in writers]
    children = distinct(child for value in values for child in value.children or ())
    inside = {child: f"{path}.{child}" for child in children}
    if any(inner in flow.values for flow in writers for inner in inside.values()):
        properties = {child: _property(inner, flows) for child, inner in inside.items()}
        schema: Schema = {"type": ["object", "null"], "properties": properties}
    else:
        null = any(flow.values[path].null or flow.spec.flag("clear") for flow in writers)
        schema = to_schema(union(value.kind for value in values), null=null)
    sync = _sync_of(writers, path)
    return {**schema, "x-sync": sync} if sync else schema


def _sync_of(writers: Sequence[Flow], path: str) -> dict[str, Any]:
    """Return what the target needs to know about a property, from all flows that write it."""
    entry = {name: value for flow in writers for name, value in flow.sync.get(path, {}).items()}
    guests = [flow.spec.name for flow in writers if not flow.spec.owns]
    if guests and path != ID and not entry.get("create_only"):
        entry["create_only"] = guests
    equivalent = distinct(group for flow in writers for group in flow.values[path].equivalent)
    if equivalent:
        entry["equivalent"] = [list(group) for group in equivalent]
    return entry
