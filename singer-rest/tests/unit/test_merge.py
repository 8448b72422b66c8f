"""The decision table, row by row, and how values and lists are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from singer_rest.sync.change_set import body_of
from singer_rest.sync.field_rules import FieldRule
from singer_rest.sync.merge import (
    ABSENT,
    ANY,
    DECISIONS,
    Changed,
    Kind,
    PropertyChange,
    Row,
    blank,
    decide,
    item_key,
    same,
    together,
)

ARCHITECTURE = Path(__file__).resolve().parents[3] / "ARCHITECTURE.md"

# kind -> what makes a property of that kind
KINDS: dict[Kind, dict[str, Any]] = {
    Kind.SHARED: {"shared": True},
    Kind.OWNED: {},
    Kind.LIST: {"adds": True},
    Kind.BLANK: {"fill_blanks": True},
    Kind.CARRIED: {"carried": True},
}
# who changed -> value of the source, value at the destination, merge base
VALUES: dict[Changed, tuple[Any, Any, Any]] = {
    Changed.NEITHER: ("new", "new", "old"),
    Changed.SOURCE: ("new", "old", "old"),
    Changed.BOTH: ("new", "theirs", "old"),
    Changed.UNKNOWN: ("new", "theirs", ABSENT),
}


def change_of(row: Row) -> tuple[PropertyChange, bool]:
    kind = KINDS[row.kind]
    owner = row.winner if row.winner != ANY else "source"
    value, there, base = VALUES[row.changed]
    if row.kind is Kind.LIST:
        value, there = [value], [there]
    if row.kind is Kind.BLANK and row.changed is Changed.SOURCE:
        there, base = None, ABSENT
    rule = FieldRule(shared=kind.get("shared", False), owner=owner)
    change = PropertyChange("stage", "stageKey", value, base, rule, kind.get("adds", False), kind.get("carried", False))
    return decide(change, {"stageKey": there}, fill_blanks=kind.get("fill_blanks", False)), "theirs" in str(there)


@pytest.mark.parametrize("row", DECISIONS, ids=lambda row: f"{row.kind}: {row.changed}, {row.winner}")
def test_each_row_of_the_table(row: Row) -> None:
    change, _ = change_of(row)
    assert change.changed is row.changed
    assert change.decision == row.decision


def table_rows(text: str) -> list[list[str]]:
    """The rows of the decision table in a Markdown text: below its head, up to the first line that is no row."""
    lines = text.partition("| kind of property |")[2].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def printed(row: Row) -> list[str]:
    """A row as ARCHITECTURE.md prints it."""
    decision = row.decision
    sent = "send the source's" if decision.sends else "leave the destination's"
    return [row.kind.value, row.changed.value, row.winner, sent, "yes" if decision.conflict else "", decision.note]


def test_architecture_prints_the_table() -> None:
    assert table_rows(ARCHITECTURE.read_text()) == [printed(row) for row in DECISIONS]


def test_no_combination_stands_twice() -> None:
    keys = [row[:3] for row in DECISIONS]
    assert len(keys) == len(set(keys))


def shared(value: Any, base: Any, owner: str = "source", **more: Any) -> PropertyChange:
    return PropertyChange("stage", "stageKey", value, base, FieldRule(shared=True, owner=owner, **more))


def test_the_newer_change_wins_where_a_setting_says_so() -> None:
    newer = decide(shared("a", "old", "destination"), {"stageKey": "b"}, source_is_newer=lambda _: True)
    older = decide(shared("a", "old", "source"), {"stageKey": "b"}, source_is_newer=lambda _: False)
    assert (newer.decision.sends, older.decision.sends) == (True, False)


def test_what_we_may_have_sent_is_nobody_elses_edit() -> None:
    change = shared("c", "a")
    change.tried = ("b",)
    assert decide(change, {"stageKey": "b"}).changed is Changed.SOURCE


def test_equivalent_values_are_equal() -> None:
    change = shared("Shipped", "Paid", equivalent=(frozenset({"Shipped", "Delivered"}),))
    assert decide(change, {"stageKey": "Delivered"}).is_equal


def test_without_a_base_a_blank_destination_is_written() -> None:
    assert decide(shared("a", ABSENT), {"stageKey": ""}).decision.sends


def test_what_was_not_read_is_sent() -> None:
    assert decide(shared("a", "b", "destination"), None).decision.sends


def test_a_list_gets_what_it_lacks_and_is_decided_anew_from_the_sources_items() -> None:
    change = PropertyChange("emails", "emails", ["b", "c"], ABSENT, FieldRule(), adds=True)
    assert decide(change, {"emails": ["a", "b"]}).to_send == ["a", "b", "c"]
    assert decide(change, {"emails": ["x"]}).to_send == ["x", "b", "c"]
    assert change.value == ["b", "c"]
    assert decide(change, {"emails": ["c", "b", "d"]}).is_equal


def test_a_body_has_custom_fields_in_their_map() -> None:
    changes = [
        PropertyChange(n, slot, n, ABSENT, FieldRule())
        for n, slot in (("a", "a"), ("b", "fields.1"), ("c", "fields.2"))
    ]
    assert body_of(changes) == {"a": "a", "fields": {"1": "b", "2": "c"}}


@pytest.mark.parametrize(
    ("there", "value", "equal"),
    [
        (None, "", True),
        ([], None, True),
        ("9.50", "9.5", False),
        (9, "9", True),
        (True, 1, True),
        (False, None, False),
        ({"key": "a", "more": 1}, {"key": "a"}, True),
        (["B", "a"], ["a", "b"], True),
        ([{"key": "a"}], [{"key": "A"}], True),
        ([{"text": "a"}], [{"text": "a"}], True),
        ([{"text": "a"}, {"text": "b"}], [{"text": "a"}], False),
        (ABSENT, None, False),
    ],
)
def test_same(there: Any, value: Any, *, equal: bool) -> None:
    assert same(there, value) is equal


def test_items_are_the_same_however_typed() -> None:
    assert {item_key(text) for text in ("https://www.Acme.com/", "acme.com", " ACME.com ")} == {"acme.com"}
    assert together(["acme.com"], ["https://acme.com", "b.com"]) == ["acme.com", "b.com"]
    values: tuple[Any, ...] = (None, "", [], {}, 0, False)
    assert [blank(value) for value in values] == [True] * 4 + [False, False]
