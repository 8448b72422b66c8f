"""A shop with one person in it, what becomes of it, and the plugins that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from canaries import shop
from running import mapped
from saying import Plugins

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox


@pytest.fixture(scope="session")
def lines(sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What tap and mapper make of the shop, once for all stories."""
    sandbox_server.reset()
    sandbox_server.load(shop())
    return mapped(sandbox_server, tmp_path_factory.mktemp("canaries"), None)


@pytest.fixture
def plugins(lines: str, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Plugins:
    """The plugins between a filled shop and an empty CRM."""
    sandbox.load(shop())
    return Plugins(sandbox, tmp_path, caplog)
