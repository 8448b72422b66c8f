"""Flows, and what those with on_change watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crosswalk_shop import ORDER, node, notes, order_scope
from mapper_crosswalk.check.mapping import Mapping
from mapper_crosswalk.compile.flows import Flow, compile_watched

Load = Callable[[str], Mapping]
Find = Callable[[str], list[str]]
FLOW = """
tables: {stages: [[pending, New], [confirmed, Working], [processing, Working], [shipped, Done]]}
flows:
  box:
    from: shop.orders
    to: crm.boxes
    {keys}
    fields: {externalId: orderId, name: number, {fields}}
"""


@pytest.fixture
def flow(load: Load) -> Callable[..., Flow]:
    def made(fields: str = "notes: note", keys: str = "") -> Flow:
        return load(FLOW.replace("{fields}", fields).replace("{keys}", keys)).flows["box"]

    return made


ORIGINS = [
    ("number", "number"),
    ("number | trim | upper", "number"),
    ("{first: [number, number | trim]}", "number"),
    ("{first: [number, note]}", None),
    ("{when: note exists, then: number}", "number"),
    ("{when: note exists, then: number, else: note}", None),
    ("{when: note exists, then: number, else: {const: none}}", "number"),
    ("{table: stages, of: status}", "status"),
    ("{table: stages, of: status, else: none}", "status"),
    ("{table: stages, of: status, else: {first: [number]}}", None),
    ('{template: "{number}"}', None),
    ("{join: [number], with: x}", None),
    ("{const: x}", None),
]


@pytest.mark.parametrize(("value", "origin"), ORIGINS)
def test_what_both_sides_edit_names_the_one_property_that_it_is_made_of(
    flow: Callable[..., Flow], value: str, origin: str | None
) -> None:
    made = flow(f"notes: {value}", "sync: {notes: {shared: true}}")
    assert made.sync["notes"].get("of") == origin
    row = made.run(ORDER, {})
    assert row is not None
    assert row.get("_said") == ({"notes": ORDER.get(origin)} if origin else None)


def test_lists_and_custom_fields_have_an_origin_too(flow: Callable[..., Flow]) -> None:
    sync = "sync: {contactEmails: {add_only: true}, fieldValues.Order ID: {shared: true}, name: {owner: source}}"
    made = flow("contactEmails: [email | email], fieldValues: {Order ID: orderId}", sync)
    assert {path: entry.get("of") for path, entry in made.sync.items()} == {
        "contactEmails": "email",
        "fieldValues.Order ID": "orderId",
        "name": None,
    }
    assert list(made.leaves()) == ["externalId", "name", "contactEmails", "fieldValues.Order ID"]


def test_a_record_says_its_flow_its_source_and_its_date(flow: Callable[..., Flow]) -> None:
    row = flow(keys="dated: orderDate").run({**ORDER, "orderDate": "2026-05-01"}, {"key": "7", "date": None})
    assert row == {
        "externalId": "7",
        "name": "SO-7",
        "_flow": "box",
        "_source": {"key": "7", "date": "2026-05-01T05:00:00Z"},
    }


def test_a_record_that_the_condition_refuses_makes_nothing(flow: Callable[..., Flow]) -> None:
    made = flow(keys="when: [total > 5]")
    assert made.run({**ORDER, "total": 5}, {}) is None
    assert made.run({**ORDER, "total": 6}, {}) is not None


GONE: dict[str, Any] = {"orderId": "7", "_sdc_deleted_at": "2026-06-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("keys", "record", "buried"),
    [
        ("", GONE, True),
        ("owns: false", GONE, False),
        ("on_change: status", GONE, False),
        ("", {**GONE, "orderId": None}, False),
        ("", {**GONE, "orderId": ["7"]}, False),
    ],
)
def test_a_tombstone_goes_only_where_the_flow_owns_what_it_made(
    flow: Callable[..., Flow], keys: str, record: dict[str, Any], *, buried: bool
) -> None:
    tombstone = flow(keys=keys).tombstone(record, {"key": "7"})
    expected = {"externalId": "7", "_flow": "box", "_source": {"key": "7"}, "_sdc_deleted_at": GONE["_sdc_deleted_at"]}
    assert tombstone == (expected if buried else None)


IDS = [
    ("", "number", "externalId: may be missing, and a record needs its id; add to when: 'number exists'"),
    ("when: [number exists]", "number", None),
    ("when: {any: [number exists, note exists]}", "number", "may be missing"),
    ("when: {any: [number exists, note exists]}", "{first: [number, note]}", None),
    ("on_change: number", "number", None),
    ("", '{template: "{orderId}:{number}"}', "may be missing"),
    ("", "{const: x}", None),
]


@pytest.mark.parametrize(("keys", "value", "mistake"), IDS)
def test_an_id_must_have_a_value_in_every_case(findings: Find, keys: str, value: str, mistake: str | None) -> None:
    text = FLOW.replace("{keys}", keys).replace("externalId: orderId", f"externalId: {value}").replace("{fields}", "")
    listed = findings(text)
    assert (mistake is None) == (listed == [])
    assert mistake is None or mistake in listed[0]


CHANGES: list[tuple[dict[str, Any], str | None, dict[str, Any] | None]] = [
    ({"on_change": "status"}, "shipped", {"path": "status", "value": "shipped"}),
    ({"on_change": "status", "on_first": True}, "shipped", {"path": "status", "value": "shipped", "first": True}),
    ({"on_change": "status", "on_first": False}, "shipped", {"path": "status", "value": "shipped"}),
    ({"on_change": {"path": "status", "to": ["shipped"]}}, "shipped", {"path": "status", "value": "shipped"}),
    (
        {"on_change": {"path": "status", "to": ["shipped"]}, "on_first": True},
        "pending",
        {"path": "status", "value": "pending", "remember": True},
    ),
    ({"on_change": "status"}, None, None),
    ({"on_change": "status"}, "", None),
]


@pytest.mark.parametrize(("flow", "status", "change"), CHANGES)
def test_a_change_says_what_the_target_needs(
    flow: dict[str, Any], status: str | None, change: dict[str, Any] | None
) -> None:
    scope = order_scope()
    watched = compile_watched(node(flow).value, scope)
    assert watched is not None
    assert watched.change({**ORDER, "status": status}) == change
    assert notes(scope) == []


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"on_first": True}, ["says nothing without on_change"]),
    ({"on_change": "a..b"}, ["'a..b' is no path"]),
    ({"on_change": "statuss"}, ["no field 'statuss' in shop.orders, did you mean 'status'?"]),
    ({"on_change": {"to": ["a"]}}, ["'path' is missing"]),
    ({"on_change": {"path": "status", "to": []}}, ["must be a list of values, as in [Won]"]),
    ({"on_change": {"path": "status", "to": [["a"]]}}, ["must be a list of values, as in [Won]"]),
    ({"on_change": {"path": "status", "to": [5]}}, ["the watched value is string, 5 is not"]),
    (
        {"on_change": {"path": "status", "to": ["shiped"]}},
        ["the watched value is never 'shiped', did you mean 'shipped'?"],
    ),
]


@pytest.mark.parametrize(("flow", "mistakes"), MISTAKES)
def test_a_mistake_in_what_is_watched_is_found(flow: dict[str, Any], mistakes: list[str]) -> None:
    scope = order_scope()
    compile_watched(node(flow).value, scope)
    assert notes(scope) == mistakes
