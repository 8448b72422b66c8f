"""A mapping file: all its mistakes, who owns a property, its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from crosswalk_shop import MAPPING as SHOP_MAPPING
from mapper_crosswalk.check.mapping import load_mapping, mapping_schema
from mapper_crosswalk.compile.transforms import TRANSFORMS
from mapper_crosswalk.syntax.grammar import DIRECTIVES, SHAPES
from singer_rest import DocumentError

Find = Callable[[str], list[str]]

MAPPING = """\
tables:
  stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]
  short: {source: shop.orders.status, rows: [[pending, New], [confirmed, Working]]}
  twice: [[a, b], [c, d], [a, b]]
  odd: [[a, b, c]]
  typo: {rowz: [[a, b]]}
  lost: {source: shop.orders.state, rows: [[a, b]]}
flow: {}
flows:
  box:
    from: shop.orders
    to: crm.boxes
    wen: total > 1
    when:
      - total > many
      - status == shiped
      - totl exists
      - number > 5
      - kind == fax
      - total around 5
      - {al: [total > 1]}
    dated: number
    on_first: true
    owns: nope
    sync:
      stagename: {shared: true}
      stageName: {sharde: true, owner: me}
    fields:
      externalId: customer.customerID
      nam: number
      name: {template: "{number} {lines}"}
      stageName: {table: stagez, of: status}
      pipelineName: {table: short, of: status}
      notes: total
      dueDate: number
      priority: {const: hihg}
      amount: total | lower
      contactEmails: email
      fieldValues:
        A: number | trimm
        B: {tempalte: "x"}
        C: 5
        D: {each: number, do: sku}
        E: lines | sum:name
        F: {join: lines, with: ", "}
        G: total | decimal:two
        H: Gold
        I: {template: "no place"}
        J: {template: "{number"}
        K: {table: stages, of: total}
        L: {first: number}
        M: lines.sku
        N: {when: total exists}
        O: status | replace:stage
        P: []
        Q: customer.companie
  orphan:
    from: shop.order
    to: crm.boxes
    fields: {externalId: orderId, name: number}
  stray:
    from: shopp.orders
    to: crm.box
    fields: {externalId: orderId, name: number}
  rival:
    from: shop.customers
    to: crm.boxes
    fields: {externalId: customerId, name: name, notes: name}
  nameless:
    from: shop.orders
    to: crm.comments
    fields: {externalId: number}
  wordless:
    from: orders
    to: crm.comments
    fields: {externalId: orderId, message: number}
"""
EXPECTED = """\
3: tables.short.source: the table has no row for processing, shipped
4: tables.twice: the row ['a', 'b'] is written twice
5: tables.odd: a row is a [left, right] pair
6: tables.typo: unknown key 'rowz', did you mean 'rows'?
6: tables.typo: 'rows' is missing
7: tables.lost.source: no field 'state' in shop.orders, did you mean 'status'?
8: unknown key 'flow', did you mean 'flows'?
13: box: unknown key 'wen', did you mean 'when'?
15: box.when[0]: 'total' is number, 'many' is not
16: box.when[1]: 'status' has no value 'shiped', did you mean 'shipped'?
17: box.when[2]: no field 'totl' in shop.orders, did you mean 'total'?
18: box.when[3]: > compares numbers and dates, 'number' is string
19: box.when[4]: 'kind' has no value 'fax' (there is: web, phone)
20: box.when[5]: 'total around 5' is no condition
21: box.when[6]: unknown condition 'al'
22: box.dated: needs a date, 'number' is string; add '| instant'
23: box.on_first: says nothing without on_change
24: box: owns must be true or false
26: box.sync.stagename: the flow writes no 'stagename', did you mean 'stageName'?
27: box.sync.stageName: unknown key 'sharde', did you mean 'shared'?
27: box.sync.stageName: owner must be source or target
29: box.externalId: no field 'customer.customerID' in shop.orders, did you mean 'customerId'?
30: box.nam: the target has no property 'nam', did you mean 'name'?
31: box.name: a template takes text and numbers, 'lines' is array of object
32: box.stageName: unknown table 'stagez', did you mean 'stages'?
33: box.pipelineName: table 'short' has no row for processing, shipped; add it to tables.short, line
34: box.notes: the target wants string, this gives number; add '| string'
35: box.dueDate: the target wants instant, this gives string; add '| instant'
36: box.priority: the target knows no value 'hihg', did you mean 'high'?
37: box.amount: lower takes string, 'total' is number; put '| string' before it
38: box.contactEmails: the target wants array of string, this gives string; write it as a list: [ … ]
40: box.fieldValues.A: unknown transform 'trimm', did you mean 'trim'?
41: box.fieldValues.B: unknown directive 'tempalte', did you mean 'template'?
42: box.fieldValues.C: a fixed value is written {const: 5}
43: box.fieldValues.D: each goes through a list, 'number' is string
44: box.fieldValues.E: sum adds numbers, 'name' is string
45: box.fieldValues.F: join joins texts and numbers, the items are object
46: box.fieldValues.G: decimal takes a whole number from 0, not 'two'
47: box.fieldValues.H: no field 'Gold' in shop.orders; for a fixed text write {const: Gold}
48: box.fieldValues.I: the template has no {path}
49: box.fieldValues.J: a lone '{' in the template
50: box.fieldValues.K: table 'stages' has string on the left, 'total' is number
51: box.fieldValues.L: first needs a list of values
52: box.fieldValues.M: 'lines.sku' can't be: 'lines' is array of object
53: box.fieldValues.N: 'then' is missing
54: box.fieldValues.O: replace knows no table 'stage', did you mean 'stages'?
55: box.fieldValues.P: an empty list gives nothing
56: box.fieldValues.Q: no field 'customer.companie' in shop.orders, did you mean 'company'?
58: orphan.from: tap of shop has no stream 'order', did you mean 'orders'?
62: stray.from: unknown system 'shopp', did you mean 'shop'?
63: stray.to: target of crm has no stream 'box', did you mean 'boxes'?
65: rival: owns name, notes of crm.boxes, as flow 'box' does (line 15); say owns: false in one of them
72: nameless: crm.comments needs message
72: nameless.externalId: may be missing, and a record needs its id; add to when: 'number exists'
74: wordless.from: must be system.stream, as in shop.orders
"""


def test_all_mistakes_are_reported_in_one_go(findings: Find) -> None:
    found = findings(MAPPING)
    lines = [line.replace(": : ", ": ") for line in found]
    missed = [want for want in EXPECTED.splitlines() if not any(line.startswith(want) for line in lines)]
    assert not missed, "\n".join([*missed, "", *lines])
    assert len(EXPECTED.splitlines()) >= 25


TOLD_TWICE = """\
flows:
  a: {from: shop.orders, to: crm.boxes, sync: {name: {shared: true}}, fields: {externalId: orderId, name: note}}
  b: {from: shop.orders, to: crm.boxes, owns: false,
     sync: {name: {shared: false}}, fields: {externalId: orderId, name: note}}
"""
SINGLE = [
    ("flows:\n  a: {from: shop.orders, to: crm.boxes, fields: {externalId: orderId, name: number", "broken YAML"),
    ("flows: {}\nflows: {}", "'flows' is written twice (first at line 6)"),
    ("flows: [a]", "flows must be a mapping of names"),
    ("tables: {}", "'flows' is missing"),
    ("unmapped_streams: keep\nflows: {}", "unmapped_streams must be drop or pass"),
    ("flows:\n  a: {from: shop.orders, to: crm.boxes, fields: {}}", "a.fields: is empty"),
    ("flows:\n  a: {from: shop.orders, to: crm.boxes, fields: &x {externalId: *x}}", "an alias that contains itself"),
    (TOLD_TWICE, "4: b.sync.name: shared is True in flow 'a', here it is False"),
    (
        "flows:\n  b: {from: other.orders, to: crm.contacts, fields: {externalId: orderId}}",
        "2: b.from: unknown system 'other'",
    ),
]


@pytest.mark.parametrize(("text", "expected"), SINGLE)
def test_a_mistake_is_found(findings: Find, text: str, expected: str) -> None:
    found = findings(text)
    assert any(expected in line for line in found), found


SAME_STREAM = """\
version: 1
flows:
  a: {from: x.orders, to: y.z, fields: {externalId: b}}
  b: {from: z.orders, to: y.q, fields: {externalId: b}}
"""
HEADS = [
    ("", "is empty"),
    ("version: 2\nflows: {}", "version must be 1"),
    ("version: 1\ntimezone: America/Chikago\nflows: {}", "did you mean 'America/Chicago'?"),
    ("version: 1\nsystems: {shop: {tap: schemas}}\nflows: {}", "systems.shop.tap: there is no folder schemas"),
    ("- a", "must be a mapping with version"),
    (SAME_STREAM, "stream 'orders' is read from x too"),
]


@pytest.mark.parametrize(("text", "expected"), HEADS)
def test_a_mistake_at_the_head_is_found(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=r"mapping\.yml:") as caught:
        load_mapping(path)
    assert expected in str(caught.value)


def test_a_mapping_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"nowhere.yml:1: can't be read: No such file"):
        load_mapping(tmp_path / "nowhere.yml")


FINE = """\
flows:
  any-of-two:
    from: shop.orders
    to: crm.contacts
    owns: false
    when: {any: [customer.email exists, email exists]}
    fields: {externalId: {first: [customer.customerId, email | email]}, name: number}
  status-comment:
    from: shop.orders
    to: crm.comments
    on_change: status
    fields: {externalId: {template: "order:{orderId}:{status}"}, message: status}
  other-comment:
    from: shop.orders
    to: crm.comments
    fields: {externalId: {template: "order:{orderId}:new"}, message: number}
  third-comment:
    from: shop.customers
    to: crm.comments
    fields: {externalId: {template: "customer:{customerId}:new"}, message: name}
"""


def test_ids_that_are_always_there_and_owners_that_never_meet_are_fine(findings: Find) -> None:
    assert findings(FINE.replace("{status}", "x")) == []


def test_without_schemas_only_the_form_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text("version: 1\nflows: {a: {from: x.orders, to: y.z, fields: {externalId: id, b: c.d | lower}}}")
    assert load_mapping(path).flows["a"].run({"id": "1", "c": {"d": "X"}}, {}) is not None


TWO = """\
flows:
  first: {from: shop.orders, to: crm.boxes, fields: {externalId: {first_id}, name: number, notes: note}}
  second: {from: shop.customers, to: {to}, {keys} fields: {externalId: {second_id}, name: name, notes: email}}
"""


def two(first_id: str = "orderId", second_id: str = "customerId", to: str = "crm.boxes", keys: str = "") -> str:
    text = TWO.replace("{first_id}", first_id).replace("{second_id}", second_id)
    return text.replace("{to}", to).replace("{keys}", keys)


CLASHES = [
    (two(), True),
    (two(keys="owns: false,"), False),
    (two(second_id='{template: "customer:{customerId}"}'), True),
    (two('{template: "order:{orderId}"}', '{template: "customer:{customerId}"}'), False),
    (two('{template: "{orderId}:box"}', '{template: "{customerId}:other"}'), False),
    (two('{template: "order:{orderId}"}', '{template: "order:{customerId}:x"}'), True),
]


@pytest.mark.parametrize(("text", "clash"), CLASHES)
def test_two_flows_own_nothing_together_unless_their_ids_never_meet(findings: Find, text: str, *, clash: bool) -> None:
    what = "owns name, notes of crm.boxes, as flow 'first' does (line 7); say owns: false in one of them"
    assert findings(text) == ([f"3: second: {what}"] if clash else [])


def test_all_flows_say_the_same_of_a_property(findings: Find) -> None:
    text = two(keys="owns: false, sync: {name: {shared: false}},").replace(
        "fields: {externalId: orderId", "sync: {name: {shared: true}}, fields: {externalId: orderId"
    )
    assert findings(text) == ["3: second.sync.name: shared is True in flow 'first', here it is False"]


PACKAGE = Path(__file__).resolve().parents[2]
Write = Callable[[str], Path]


def test_the_schema_for_editors_takes_what_the_loader_takes(write: Write) -> None:
    validator = jsonschema.Draft7Validator(mapping_schema())
    validator.check_schema(mapping_schema())
    texts = [write(SHOP_MAPPING).read_text(), *(path.read_text() for path in (PACKAGE / "mappings").glob("*[!t].yml"))]
    for text in texts:
        mapping = yaml.safe_load(text)
        if isinstance(mapping, dict):
            validator.validate(mapping)


@pytest.mark.parametrize(
    "change",
    [
        {"flows": {"box": {"form": "shop.orders"}}},
        {"unmapped_streams": "keep"},
        {"tables": {"stages": {"rows": [["a"]]}}},
        {"version": 2},
    ],
)
def test_the_schema_for_editors_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    good = {"version": 1, "flows": {}}
    assert not jsonschema.Draft7Validator(mapping_schema()).is_valid({**good, **change})


def test_every_key_directive_and_transform_is_described() -> None:
    definitions = mapping_schema()["definitions"]
    assert definitions["flow"]["properties"].keys() == SHAPES["flow"]["properties"].keys()
    references = [option.get("$ref") for option in definitions["value"]["anyOf"]]
    assert {f"#/definitions/{name} directive" for name in DIRECTIVES} <= set(references)
    lines = definitions["pipe"]["description"].splitlines()[1:]
    assert [line.split(" – ")[0].split(":")[0].split("[")[0] for line in lines] == list(TRANSFORMS)
