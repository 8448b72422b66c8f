"""Settings and capabilities of the version before the rebuild: all are there, and each means what it meant."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from running import BIN

BEFORE: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "about_before.json").read_text())


def lost(before: Any, now: Any, path: str = "") -> list[str]:
    """Where something that was there is gone or is something else; additions do not count."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            problem
            for name, value in before.items()
            for problem in (lost(value, now[name], f"{path}.{name}") if name in now else [f"{path}.{name} is gone"])
        ]
    if isinstance(before, list) and isinstance(now, list):
        return [f"{path}: {item} is gone" for item in before if item not in now]
    return [] if before == now else [f"{path}: {before!r} is {now!r}"]


@pytest.mark.parametrize("plugin", sorted(BEFORE))
def test_nothing_of_about_is_lost(plugin: str) -> None:
    told = subprocess.run([BIN / plugin, "--about", "--format=json"], capture_output=True, text=True, check=True)
    assert lost(BEFORE[plugin], json.loads(told.stdout)) == []
