from __future__ import annotations

from typing import Any

import pytest
from mapper_crosswalk.values.unmappable import UnmappableError, called, unmappable


def test_a_refusal_names_its_property_from_outside_in() -> None:
    error = UnmappableError("is text, not number").under("Total").under("fieldValues")
    assert (error.place, str(error)) == (("fieldValues", "Total"), "fieldValues.Total: is text, not number")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnmappableError("as it is"), "as it is"),
        (KeyError("ada@acme.example"), "a value is of another kind than the tap's schema says"),
        (RecursionError(), "nested too deeply"),
    ],
)
def test_the_message_of_a_python_error_is_never_quoted(error: Exception, reason: str) -> None:
    assert unmappable(error).reason == reason


def test_types_are_called_by_their_json_names() -> None:
    values: list[Any] = ["", True, 1, [], {}, None]
    assert list(map(called, values)) == ["text", "true or false", "a number", "a list", "an object", "null"]
