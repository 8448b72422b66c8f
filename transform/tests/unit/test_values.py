"""Every directive and the rules of missing values, as one flow over one order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from crosswalk_shop import BOXES, node, notes, order_scope
from crosswalk_shop import ORDER as SHOP_ORDER
from hypothesis import given
from hypothesis import strategies as st
from mapper_crosswalk.check.mapping import Mapping
from mapper_crosswalk.compile.flows import FlowSpec, compile_flow
from mapper_crosswalk.compile.scope import NULL, Value
from mapper_crosswalk.compile.transforms import Setup
from mapper_crosswalk.compile.values import compile_object, object_getter
from mapper_crosswalk.types.kinds import ANYTHING, from_schema
from mapper_crosswalk.types.systems import Stream
from mapper_crosswalk.values.unmappable import UnmappableError
from singer_rest import Findings, Node

Load = Callable[[str], Mapping]
FLOW = """
tables:
  stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]
flows:
  box:
    from: shop.orders
    to: crm.boxes
    {extra}
    fields:
      externalId: orderId
      name: number
      fieldValues:
        X: {value}
"""
ORDER = {
    "orderId": "7",
    "number": "SO-7",
    "email": " Ada@ACME.example",
    "status": "pending",
    "total": Decimal("208.38"),
    "count": 3,
    "isTest": False,
    "note": "",
    "orderDate": "2026-05-01T14:03:11Z",
    "tags": ["a", "b"],
    "lines": [
        {"sku": "B-8", "name": "Bolt", "quantity": 10, "price": Decimal("18.00")},
        {"sku": None, "name": "Nut", "quantity": 2},
    ],
    "customer": {"customerId": "C-1", "email": None, "company": "Acme"},
}


def mapped(load: Load, value: str, order: dict[str, Any] | None = None, extra: str = "") -> Any:
    mapping = load(FLOW.replace("{value}", value).replace("{extra}", extra))
    made = mapping.flows["box"].run(ORDER if order is None else order, {})
    assert made is not None
    return made.get("fieldValues", {}).get("X", "left out")


VALUES: list[tuple[str, Any]] = [
    ("number", "SO-7"),
    ("customer.company", "Acme"),
    ("lines.0.sku", "B-8"),
    ("lines.5.sku", "left out"),
    ("note", "left out"),
    ("customer.email", "left out"),
    ("total", Decimal("208.38")),
    ("email | trim | lower", "ada@acme.example"),
    ("note | default:none", "none"),
    ("count | default:0", 3),
    ("[email | email, customer.email, customer.company]", ["ada@acme.example", "Acme"]),
    ("[customer.email]", "left out"),
    ("{const: Gold}", "Gold"),
    ("{const: 5.10}", Decimal("5.10")),
    ("{const: null}", None),
    ('{template: "{number} – {customer.company}"}', "SO-7 – Acme"),
    ('{template: "{number} – {customer.email}"}', "SO-7"),
    ('{template: "{note}: {customer.email}"}', "left out"),
    ('{template: "{{{count}}} of {total}, {isTest}"}', "{3} of 208.38, false"),
    ("{first: [note, customer.email, number]}", "SO-7"),
    ("{first: [note]}", "left out"),
    ("{first: [note, {const: null}]}", None),
    ("{table: stages, of: status}", "New"),
    ("{table: stages, of: number, reverse: true, else: none}", "none"),
    ("{table: stages, of: number, else: null}", "left out"),
    ("{table: stages, of: number, else: {first: [note, number]}}", "SO-7"),
    ("{table: stages, of: note}", "left out"),
    ("{each: lines, do: sku}", ["B-8"]),
    ('{each: lines, do: {template: "{quantity} × {name} ({sku})"}}', ["10 × Bolt (B-8)", "2 × Nut"]),
    ("{each: tags, do: . | upper}", ["A", "B"]),
    ("{join: {each: lines, do: name}, with: '; '}", "Bolt; Nut"),
    ("{join: [number, note, total], with: ' / '}", "SO-7 / 208.38"),
    ("{join: [note], with: ', '}", "left out"),
    ("{when: total > 100, then: number}", "SO-7"),
    ("{when: total > 1000, then: number}", "left out"),
    ("{when: isTest == true, then: {const: yes}, else: {const: no}}", "no"),
    ("lines | sum:quantity", 12),
    ("lines | first | get:sku", "B-8"),
    ("lines | last | get:sku", "left out"),
    ('tags | join:" | "', "a | b"),
    ("status | replace:stages", "New"),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_a_value_gives(load: Load, value: str, expected: Any) -> None:
    assert mapped(load, value) == expected


def test_clear_sends_what_is_missing_as_null(load: Load) -> None:
    made = load(FLOW.replace("{value}", "customer.email").replace("{extra}", "clear: true")).flows["box"].run(ORDER, {})
    assert made is not None
    assert made["fieldValues"] == {"X": None}


REJECTED = [
    (
        {"status": "lost"},
        "{table: stages, of: status}",
        r"fieldValues.X: table 'stages' has no row for 'lost'; add one",
    ),
    ({"total": "much"}, "total", "fieldValues.X: 'total' is text, not number"),
    ({"lines": {"a": 1}}, "{each: lines, do: sku}", "'lines' is an object, not array of object"),
    ({"lines": ["x"]}, "{each: lines, do: sku}", "'sku' can't be read: there is text in the way"),
    ({"customer": "me"}, "customer.company", "'customer.company' can't be read: there is text in the way"),
    ({"number": None}, "status", "name: has no value, but crm.boxes needs it"),
    ({"orderId": None}, "status", "externalId: has no value"),
]


@pytest.mark.parametrize(("change", "value", "reason"), REJECTED)
def test_a_record_that_does_not_fit_says_why(load: Load, change: dict[str, Any], value: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        mapped(load, value, {**ORDER, **change})


def test_an_id_is_never_made_of_half_a_template(load: Load) -> None:
    text = FLOW.replace("{value}", "number").replace("{extra}", "when: [email exists]")
    mapping = load(text.replace("externalId: orderId", 'externalId: {template: "{orderId}:{email | email}"}'))
    with pytest.raises(Exception, match="externalId: has no value"):
        mapping.flows["box"].run({**ORDER, "email": "nonsense"}, {})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
FIELDS = yaml.safe_load(
    """
    externalId: {const: x}
    a: a | trim | lower
    b: {each: b, do: {template: "{a} {b.c}"}}
    c: {first: [c.a, {when: a exists, then: {join: [b, c], with: "-"}, else: a | default:1}]}
    d: {o: b | count, p: [a | email, b.0, c.c]}
    """
)


def _nodes(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: _nodes(one) for key, one in value.items()}, 1)
    return Node([_nodes(one) for one in value], 1) if isinstance(value, list) else Node(value, 1)


def _outcome(flow: Any, record: Any) -> Any:
    try:
        return flow.run(record, {})
    except Exception as error:  # noqa: BLE001 - a refusal must be the same, too
        return type(error).__name__, str(error)


@given(st.dictionaries(st.sampled_from("abc"), json_values))
def test_mapping_is_deterministic_and_leaves_its_input_alone(record: dict[str, Any]) -> None:
    node = _nodes({"fields": FIELDS})
    spec = FlowSpec("f", node, node.value, Stream("s", "in"), Stream("t", "out"), ANYTHING, ANYTHING)
    findings = Findings("m.yml")
    flow = compile_flow(spec, ANYTHING, Setup(ZoneInfo("UTC")), findings)
    assert not findings.entries
    before = repr(record)
    first = _outcome(flow, record)
    assert _outcome(flow, record) == first
    assert repr(record) == before
    assert type(first) is dict or first[0] == "UnmappableError"


BOX = from_schema(BOXES)


def test_missing_values_leave_their_key_out() -> None:
    compiled = compile_object(node({"a": "number", "b": "note", "c": "customer.email"}), order_scope(), ANYTHING)
    assert compiled.get(SHOP_ORDER) == {"a": "SO-7"}
    assert compiled.get({}) is None


def test_cleared_missing_values_are_null() -> None:
    compiled = compile_object(node({"a": "number", "b": "note"}), order_scope(clear=True), ANYTHING)
    assert compiled.get(SHOP_ORDER) == {"a": "SO-7", "b": None}


def test_a_null_that_is_meant_is_sent() -> None:
    null = Value(lambda _record: NULL, null=True)
    assert object_getter({"a": null}, clear=False)({}) == {"a": None}


def test_a_refusal_names_the_property() -> None:
    compiled = compile_object(node({"a": {"b": "total"}}), order_scope(), ANYTHING)
    with pytest.raises(UnmappableError) as caught:
        compiled.get({"total": "much"})
    assert str(caught.value) == "a.b: 'total' is text, not number"


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "number", "amount": "total", "fieldValues": {"Any Field": "number"}}, []),
    ({"nam": "number"}, ["the target has no property 'nam', did you mean 'name'?"]),
    ({"notes": "total"}, ["the target wants string, this gives number; add '| string'"]),
    ({"dueDate": "number"}, ["the target wants instant, this gives string; add '| instant'"]),
    ({"contactEmails": "email"}, ["the target wants array of string, this gives string; write it as a list: [ … ]"]),
    ({"name": "tags"}, ["the target wants string, this gives array of string; join it, or take its first"]),
    ({"priority": {"const": "hihg"}}, ["the target knows no value 'hihg', did you mean 'high'?"]),
]


@pytest.mark.parametrize(("fields", "mistakes"), MISTAKES)
def test_a_property_must_be_as_the_target_wants_it(fields: dict[str, Any], mistakes: list[str]) -> None:
    scope = order_scope()
    compile_object(node(fields), scope, BOX)
    assert notes(scope) == mistakes
