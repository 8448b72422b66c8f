from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mapper_crosswalk.check.mapping import Mapping, load_mapping
from mapper_crosswalk.run.output import stream_schema

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[[str], Mapping]
MAPPING = """
tables: {stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]}
flows:
  box:
    from: shop.orders
    to: crm.boxes
    sync: {stageName: {shared: true}}
    fields:
      externalId: orderId
      name: number
      stageName: {table: stages, of: status}
      fieldValues: {Total: total}
  side:
    from: shop.customers
    to: crm.boxes
    owns: false
    clear: true
    fields: {externalId: customerId, name: name, stageName: {const: Guest}, fieldValues: {Kind: {const: null}}}
"""


def test_a_schema_is_the_union_of_all_flows_that_write_the_stream(load: Load) -> None:
    mapping = load(MAPPING)
    schema = stream_schema(list(mapping.flows.values()), mapping.fingerprint, tombstones=True)
    properties = schema["properties"]
    assert (schema["required"], schema["x-mapping-hash"]) == (["externalId"], mapping.fingerprint)
    assert list(properties) == [
        "externalId", "name", "stageName", "fieldValues", "_flow", "_source", "_said", "_sdc_deleted_at"
    ]  # fmt: skip
    assert properties["stageName"] == {
        "type": ["string", "null"],
        "enum": ["New", "Working", "Done", "Guest", None],
        "x-sync": {"shared": True, "of": "status", "create_only": ["side"]},
    }
    assert properties["name"] == {"type": ["string", "null"], "x-sync": {"create_only": ["side"]}}
    assert properties["fieldValues"]["properties"] == {
        "Total": {"type": ["number", "null"]},
        "Kind": {"x-sync": {"create_only": ["side"]}},
    }


def test_what_only_one_flow_needs_is_left_out_without_it(load: Load) -> None:
    mapping = load(MAPPING.replace("sync: {stageName: {shared: true}}", "on_change: status"))
    schema = stream_schema([mapping.flows["box"]], "", tombstones=False)
    assert "_change" in schema["properties"]
    assert not {"_said", "_sdc_deleted_at"} & schema["properties"].keys()
    assert "x-sync" not in schema["properties"]["name"]


def test_objects_inside_objects_are_described_whole(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text("version: 1\nflows: {f: {from: a.b, to: c.d, fields: {externalId: id, x: {y: {z: q | string}}}}}")
    flow = load_mapping(path).flows["f"]
    inner = {"type": ["object", "null"], "properties": {"z": {"type": ["string", "null"]}}}
    properties = stream_schema([flow], "", tombstones=False)["properties"]
    assert properties["x"] == {"type": ["object", "null"], "properties": {"y": inner}}
    assert list(flow.leaves()) == ["externalId", "x.y"]
