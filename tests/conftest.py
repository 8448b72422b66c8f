"""Fixtures of the stories that cross packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import Meltano, Pipe

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox


@pytest.fixture
def pipe(sandbox: Sandbox, tmp_path: Path) -> Pipe:
    """The shipped pipe against an empty sandbox."""
    return Pipe(sandbox, tmp_path)


@pytest.fixture
def meltano(sandbox: Sandbox, tmp_path: Path) -> Meltano:
    """Meltano in the checked-out project, against an empty sandbox."""
    return Meltano(sandbox, tmp_path)
