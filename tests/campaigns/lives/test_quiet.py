"""When nobody does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storytelling import Lives


def test_a_further_round_writes_nothing(lives: Lives) -> None:
    assert lives.after.writes == []
