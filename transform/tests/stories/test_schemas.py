"""The SCHEMAs that the mapper derives, and what they tell the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
from crosswalk_shop import ORDERS, Pipe, record, schema
from mapper_crosswalk.check.mapping import load_mapping

Start = Callable[[str], Pipe]
MAPPING = """
tables:
  stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]
  pipelines: [[web, Web Orders], [phone, Phone Orders]]
flows:
  order-box:
    from: shop.orders
    to: crm.boxes
    sync:
      pipelineName: {create_only: true}
      stageName: {shared: true, owner: source}
      fieldValues.Order ID: {identity: true}
      fieldValues.Kind: {field_type: DROPDOWN}
    fields:
      externalId: orderId
      name: number
      stageName: {first: [{table: stages, of: status}, {const: Unknown}]}
      pipelineName: {when: total > 5, then: {const: Key Accounts}, else: {table: pipelines, of: kind}}
      contactEmails: [email | email]
      fieldValues:
        Order ID: orderId
        Ordered: orderDate
        Due: dueOn
        Total: total | decimal:2
        Count: count
        Test: isTest
        Tags: tags
        Kind: kind
  guest-box:
    from: shop.customers
    to: crm.boxes
    owns: false
    fields: {externalId: customerId, name: name, notes: {const: null}, stageName: {const: Guest}}
  deal-back:
    from: crm.deals
    to: shop.states
    fields: {externalId: key, status: {table: stages, of: stageName, reverse: true, else: lost}}
"""


def sent(pipe: Pipe, *messages: Any) -> dict[str, Any]:
    return {one["stream"]: one for one in pipe(*messages) if one["type"] == "SCHEMA"}


def boxes(pipe: Start) -> dict[str, Any]:
    message: dict[str, Any] = sent(pipe(MAPPING), schema())["boxes"]
    assert message["key_properties"] == ["externalId"]
    properties: dict[str, Any] = message["schema"]["properties"]
    return properties


def test_names_that_the_mapping_can_produce_are_listed(pipe: Start) -> None:
    properties = boxes(pipe)
    assert properties["stageName"]["enum"] == ["New", "Working", "Done", "Unknown", "Guest"]
    assert properties["pipelineName"]["enum"] == ["Key Accounts", "Web Orders", "Phone Orders"]
    assert properties["_flow"]["enum"] == ["order-box", "guest-box"]
    assert "enum" not in properties["name"]


def test_custom_fields_are_listed_with_their_types(pipe: Start) -> None:
    fields = boxes(pipe)["fieldValues"]["properties"]
    types = {name: (field["type"][0], field.get("format")) for name, field in fields.items()}
    assert types == {
        "Order ID": ("string", None),
        "Ordered": ("string", "date-time"),
        "Due": ("string", "date"),
        "Total": ("string", None),
        "Count": ("integer", None),
        "Test": ("boolean", None),
        "Tags": ("array", None),
        "Kind": ("string", None),
    }
    assert fields["Tags"]["items"] == {"type": "string"}
    assert fields["Kind"]["enum"] == ["web", "phone"]


def test_x_sync_says_what_the_target_needs_to_know(pipe: Start) -> None:
    properties = boxes(pipe)
    told = {"shared": True, "owner": "source", "create_only": ["guest-box"], "of": "status"}
    assert properties["stageName"]["x-sync"] == told
    assert properties["pipelineName"]["x-sync"] == {"create_only": True}
    assert properties["name"]["x-sync"] == {"create_only": ["guest-box"]}
    assert properties["fieldValues"]["properties"]["Order ID"]["x-sync"] == {"identity": True}
    assert properties["fieldValues"]["properties"]["Kind"]["x-sync"] == {"field_type": "DROPDOWN"}
    assert "x-sync" not in properties["contactEmails"]
    assert "x-sync" not in properties["externalId"]


def test_values_that_a_table_maps_to_one_are_equivalent_on_the_way_back(pipe: Start) -> None:
    deals = {"properties": {"key": {"type": "string"}, "stageName": {"type": ["string", "null"]}}}
    states = sent(pipe(MAPPING), schema("deals", deals, ("key",)))["states"]["schema"]["properties"]
    assert states["status"]["x-sync"] == {"equivalent": [["confirmed", "processing"]]}
    assert states["status"]["enum"] == ["pending", "confirmed", "shipped", "lost"]


def test_null_is_only_listed_where_it_is_sent(pipe: Start) -> None:
    cleared = MAPPING.replace("owns: false", "owns: false\n    clear: true")
    properties = sent(pipe(cleared), schema())["boxes"]["schema"]["properties"]
    assert properties["stageName"]["enum"][-1] is None


def test_a_comment_does_not_change_the_hash_and_a_value_does(write: Any) -> None:
    one = load_mapping(write(MAPPING)).fingerprint
    assert load_mapping(write(MAPPING + "# a comment")).fingerprint == one
    assert load_mapping(write(MAPPING.replace("Guest", "Visitor"))).fingerprint != one


def test_records_fit_the_schema_that_was_sent(pipe: Start) -> None:
    messages = pipe(MAPPING)(schema(body=ORDERS), record(), record(status=None, total=None, kind="web"))
    schemas = {one["stream"]: one["schema"] for one in messages if one["type"] == "SCHEMA"}
    records = [one for one in messages if one["type"] == "RECORD"]
    assert {one["stream"] for one in records} == {"boxes"}
    for one in records:
        jsonschema.validate(one["record"], schemas[one["stream"]])
