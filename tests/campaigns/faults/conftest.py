"""A small shop on its way into a Streak that stumbles, and a small CRM on its way into a shop that does."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
import small_crm
from delivery import Delivery, DeliveryBack, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox

PRIVATE = re.compile(
    r"Ada|Byron|555 0100|Main St|Ring twice|Called: wants|Married|(?:person|c|p)\d+@|sandbox-(clarity|streak)-key"
)


@pytest.fixture(scope="session")
def lines(sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What tap and mapper make of the small shop, once for all stories."""
    return prepare(sandbox_server, tmp_path_factory.mktemp("small-shop"))


@pytest.fixture
def delivery(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Delivery:
    """target-streak before an empty Streak; `there_and_back` asks for target-clarity before a shop, too."""
    if getattr(request, "param", "there") == "back":
        sandbox.load(small_crm.orders())
        return DeliveryBack(sandbox, tmp_path, small_crm.opening(), small_crm.shipping())
    lines = request.getfixturevalue("lines")
    sandbox.reset()
    return Delivery(sandbox, tmp_path, *lines)


@pytest.fixture(autouse=True)
def nothing_leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever goes wrong, no log names a person or a key; the ledger and the settings may."""
    caplog.set_level(logging.DEBUG)
    yield
    told = [record.getMessage() for record in caplog.get_records("call")]
    told += [path.read_text() for path in tmp_path.rglob("*.log")]
    assert [line for line in told if PRIVATE.search(line)] == []
