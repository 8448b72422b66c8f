"""What the stories of the console share: receivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running_receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """One for all tests of a module; each uses ids of its own."""
    running = Receiver(tmp_path_factory.mktemp("receiver")).start()
    yield running
    running.close()
    assert "Traceback" not in "".join(running.log)


@pytest.fixture
def own_receiver(tmp_path: Path) -> Iterator[Receiver]:
    """One for a test that stops or breaks it."""
    running = Receiver(tmp_path).start()
    yield running
    running.close()
    assert "Traceback" not in "".join(running.log)
