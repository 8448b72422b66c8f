"""Records of the future and records without a time: emitted, named, said once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_rest.tap.odd_instants import OddInstants

if TYPE_CHECKING:
    import pytest


def odd() -> OddInstants:
    return OddInstants(logging.getLogger("a-tap"), "orders", "updatedAt")


def test_what_stood_there_is_kept_aside(caplog: pytest.LogCaptureFixture) -> None:
    instants = odd()
    record: dict[str, Any] = {"id": "1", "updatedAt": "soon", "_extra": {"a": 1}}
    instants.without(record, "1")
    assert record == {"id": "1", "updatedAt": None, "_extra": {"a": 1, "updatedAt": "soon"}}
    missing: dict[str, Any] = {"id": "2"}
    instants.without(missing, "2")
    assert missing == {"id": "2", "updatedAt": None}
    instants.say()
    instants.say()
    (line,) = caplog.messages
    assert line.startswith("orders: 2 (1, 2) whose updatedAt is missing or no instant")
    assert "soon" not in line


def test_each_kind_is_said_once_with_how_many(caplog: pytest.LogCaptureFixture) -> None:
    instants = odd()
    instants.say()
    for key in ("a", "b", "a", "c", "d", "ada@acme.example"):
        instants.ahead(key)
    instants.say()
    instants.ahead("e")
    instants.say()
    (line,) = caplog.messages
    assert line.startswith("orders: 5 (a, b, c …) with updatedAt ahead of the server's clock")
