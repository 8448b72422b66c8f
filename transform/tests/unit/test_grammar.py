from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import node
from mapper_crosswalk.syntax.grammar import DIRECTIVES, SHAPES, Shape, directive_of, read_keys
from singer_rest import Findings


@pytest.mark.parametrize(
    ("mapping", "name"),
    [
        ({"const": 1}, "const"),
        ({"template": "x"}, "template"),
        ({"table": "t", "of": "a"}, "table"),
        ({"table": "t", "off": "a"}, "table"),
        ({"when": "a exists", "then": "b", "else": "c"}, "when"),
        ({"Name": "a"}, None),
        ({"first": "a", "last": "b", "middle": "c"}, None),
        ({}, None),
    ],
)
def test_a_directive_is_told_from_an_object(mapping: dict[str, Any], name: str | None) -> None:
    assert directive_of(node(mapping)) == name


def test_every_directive_is_named_by_its_first_key() -> None:
    assert {name: next(iter(shape["properties"])) for name, shape in DIRECTIVES.items()} == {
        name: name for name in DIRECTIVES
    }


FLOW, SYNC = SHAPES["flow"], SHAPES["sync"]
KEYS: list[tuple[Shape, Any, list[str]]] = [
    (SYNC, {"shared": True, "owner": "source"}, []),
    (SYNC, {"shared": "yes"}, ["shared must be true or false"]),
    (SYNC, {"owner": "sorce"}, ["owner must be source or target, did you mean 'source'?"]),
    (SYNC, {"create": True}, ["unknown key 'create', did you mean 'create_only'?"]),
    (
        SYNC,
        [],
        ["must be a mapping with shared, owner, create_only, add_only, identity, unchanging, shop_mark, field_type"],
    ),
    (FLOW, {"from": "a.b", "to": "c.d"}, ["'fields' is missing"]),
    (FLOW, {"from": 5, "to": "c.d", "fields": {}}, ["from must be a text"]),
    (
        FLOW,
        {"from": "a.b", "to": "c.d", "fields": [], "dated": 1},
        ["fields must be a mapping of names", "dated must be a path"],
    ),
]


@pytest.mark.parametrize(("shape", "given", "problems"), KEYS)
def test_keys_are_read_and_what_is_wrong_is_found(shape: Shape, given: Any, problems: list[str]) -> None:
    findings = Findings("m.yml")
    good = read_keys(node(given), shape, "flow", findings)
    assert [finding.what for finding in findings.entries] == problems
    if not problems:
        assert {name: entry.value for name, entry in good.items()} == given
