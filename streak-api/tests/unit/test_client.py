"""Keys are texts, whatever form an answer has them in."""

from __future__ import annotations

from typing import Any

import pytest
from streak_api.client import has_numbers, text_keys

BOX = {"key": 5, "boxKey": 5, "stageKey": 5001, "linkedBoxKeys": [7, 8], "taskTotal": 3, "fields": {"1001": 42}}


@pytest.mark.parametrize("body", [BOX, [BOX], {"results": [BOX], "hasNextPage": False}, {"5": BOX}])
def test_keys_that_are_numbers_are_found_wherever_records_are(body: Any) -> None:
    assert has_numbers(body)


@pytest.mark.parametrize(
    "body", [None, [], {}, {"results": []}, "text", 5, {"key": "a"}, [{"key": "a"}], [5], {"key": True}]
)
def test_other_answers_stay_as_they_are(body: Any) -> None:
    assert not has_numbers(body)


def test_only_keys_become_texts() -> None:
    assert text_keys({"results": [BOX | {"contacts": [{"key": 9}], "isArchived": True}]}) == {
        "results": [
            {
                "key": "5",
                "boxKey": "5",
                "stageKey": "5001",
                "linkedBoxKeys": ["7", "8"],
                "taskTotal": 3,
                "fields": {"1001": 42},
                "contacts": [{"key": "9"}],
                "isArchived": True,
            }
        ]
    }
