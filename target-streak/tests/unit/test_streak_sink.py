"""What Streak's streams have in common."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import ApiError
from target_streak.streak_sink import StreakSink


@pytest.mark.parametrize(
    ("status", "reason", "gone"),
    [
        (404, "", True),
        (410, "", True),
        (400, "existing entity does not exist", True),
        (400, "Illegal Argument Exception in GetEntities, usually a key issue", True),
        (400, "Missing parameters", False),
        (401, "", False),
    ],
)
def test_what_is_gone(status: int, reason: str, *, gone: bool) -> None:
    sink: Any = StreakSink  # what it says is declared on the class
    assert StreakSink.is_gone(sink, ApiError(status, reason, "GET", "/v1/boxes/b1")) is gone
