from __future__ import annotations

from typing import Any

import pytest
from crosswalk_shop import node
from mapper_crosswalk.compile.tables import Table, read_tables
from singer_rest import Findings

STAGES = Table("stages", 1, (("pending", "New"), ("confirmed", "Working"), ("processing", "Working"), ("new", "New")))


def test_the_first_row_counts_in_either_direction() -> None:
    assert STAGES.lookup()["processing"] == "Working"
    assert STAGES.lookup(reverse=True) == {"New": "pending", "Working": "confirmed"}


def test_values_that_stand_for_the_same_are_equivalent() -> None:
    assert STAGES.equivalent(reverse=True) == (("pending", "new"), ("confirmed", "processing"))
    assert STAGES.equivalent(reverse=False) == ()


READ: list[tuple[Any, tuple[tuple[Any, Any], ...], list[str]]] = [
    ([["a", "b"], ["c", 5]], (("a", "b"), ("c", 5)), []),
    ({"rows": [["a", "b"]], "source": "shop.orders.status"}, (("a", "b"),), []),
    ([["a", "b", "c"], ["d", "e"]], (("d", "e"),), ["a row is a [left, right] pair"]),
    ([["a", {}]], (), ["a row is a [left, right] pair"]),
    (["ab"], (), ["a row is a [left, right] pair"]),
    ([["a", None]], (), ["a row can't hold null"]),
    ([["a", "b"], ["a", "b"]], (("a", "b"), ("a", "b")), ["the row ['a', 'b'] is written twice"]),
    ([], (), ["rows must be a list of [left, right] pairs"]),
    ({"rows": {}}, (), ["rows must be a list of [left, right] pairs"]),
    ({"rowz": []}, (), ["unknown key 'rowz', did you mean 'rows'?", "'rows' is missing"]),
]


@pytest.mark.parametrize(("written", "rows", "mistakes"), READ)
def test_a_table_is_read(written: Any, rows: tuple[tuple[Any, Any], ...], mistakes: list[str]) -> None:
    findings = Findings("m.yml")
    table = read_tables(node({"t": written}), findings)["t"]
    assert (table.name, table.rows) == ("t", rows)
    assert [(finding.where, finding.what) for finding in findings.entries] == [("tables.t", what) for what in mistakes]


def test_a_mapping_needs_no_tables() -> None:
    assert read_tables(None, Findings("m.yml")) == {}
