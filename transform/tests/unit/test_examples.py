from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from mapper_crosswalk.run.examples import _compare

COMPARED: list[tuple[list[Any], list[Any], list[str]]] = [
    ([{"a": 1}], [{"a": 1, "b": 2}], []),
    ([{"a": 1}], [{"a": Decimal("1.0")}], []),
    ([{"a": "1"}], [{"a": 1}], ["boxes[0].a: expected '1', made 1"]),
    ([{"a": True}], [{"a": 1}], []),
    ([{"a": None}], [{"a": "x"}], ["boxes[0].a: expected nothing, made 'x'"]),
    ([{"a": {"b": 1}}], [{"a": {"b": 2}}], ["boxes[0].a.b: expected 1, made 2"]),
    ([{"a": [1, 2]}], [{"a": [1, 3]}], ["boxes[0].a[1]: expected 2, made 3"]),
    ([{"a": [1]}], [{"a": [1, 3]}], ["boxes[0].a: expected [1], made [1, 3]"]),
    ([{"reason": "no row"}], [{"reason": "table 'x' has no row for 'y'"}], []),
    ([], [{"externalId": "7"}], ["boxes: 0 expected, 1 made: 7"]),
    ([{}], [], ["boxes: 1 expected, 0 made"]),
]


@pytest.mark.parametrize(("expected", "made", "differences"), COMPARED)
def test_only_what_is_listed_is_compared(expected: list[Any], made: list[Any], differences: list[str]) -> None:
    assert _compare("boxes", expected, made) == differences
