"""A small shop on its way into a Streak that stumbles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery import Delivery, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox


@pytest.fixture(scope="session")
def lines(sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What tap and mapper make of the small shop, once for all stories."""
    return prepare(sandbox_server, tmp_path_factory.mktemp("small-shop"))


@pytest.fixture
def delivery(lines: tuple[str, str], sandbox: Sandbox, tmp_path: Path) -> Delivery:
    """A target before an empty Streak."""
    return Delivery(sandbox, tmp_path, *lines)
