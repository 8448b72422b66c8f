from __future__ import annotations

import pytest
from mapper_crosswalk.syntax.expressions import Comparison, parse_comparison

LINES = [
    ("email exists", Comparison("email", "exists")),
    ("  a.b | trim  missing ", Comparison("a.b | trim", "missing")),
    ("total >= 9000", Comparison("total", ">=", ("9000",))),
    ("total>=9000", None),
    ("status != 'on hold'", Comparison("status", "!=", ("'on hold'",))),
    ("status in [a, 'b, c', d e]", Comparison("status", "in", ("a", "'b, c'", "d e"))),
    ("status not  in [a]", Comparison("status", "not in", ("a",))),
    ("status in []", Comparison("status", "in")),
    ("status in a", None),
    ("status", None),
    ("total around 5", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "comparison"), LINES)
def test_a_comparison_is_read(text: str, comparison: Comparison | None) -> None:
    assert parse_comparison(text) == comparison
