"""One world for all lives."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from running import Meltano
from sandbox.testing import Sandbox, read_ports
from storytelling import Lives, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox of its own, and Meltano with a ledger of its own."""
    folder: Path = tmp_path_factory.mktemp("lives")
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        sandbox = Sandbox(**read_ports(process))
        yield World.of(Meltano(sandbox, folder))
        sandbox.close()
        process.terminate()


@pytest.fixture(scope="session")
def lives(world: World, request: pytest.FixtureRequest) -> Lives:
    """All stories that were asked for, told to their ends."""
    asked = [getattr(item, "function", None) for item in request.session.items]
    return Lives(world, [test.story for test in asked if test is not None and hasattr(test, "story")])
