"""Records whose version went back: said once in a run and stream, with how many."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bent_clock import BentClock
from singer_rest.target.restored import Restored

if TYPE_CHECKING:
    import pytest


def test_at_the_end_of_a_run(caplog: pytest.LogCaptureFixture) -> None:
    records: set[tuple[str, str]] = set()
    restored = Restored(logging.getLogger("a-target"), records)
    restored.say(last=True)
    records |= {("boxes", "2"), ("boxes", "1"), ("contacts", "ada@acme.example")}
    restored.say()
    assert caplog.messages == []
    restored.say(last=True)
    restored.say(last=True)
    boxes, contacts = caplog.messages
    assert boxes.startswith("boxes: the source's version of 2 records went back")
    assert "(first: 1)" in boxes
    assert contacts.startswith("contacts: the source's version of one record went back")
    assert "ada@acme.example" not in contacts


def test_after_a_minute_of_a_run_without_end(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, records = BentClock(monkeypatch), {("boxes", "1")}
    restored = Restored(logging.getLogger("a-target"), records)
    restored.say()
    clock.jump(3600)
    restored.say()
    assert caplog.messages == []
    clock.advance(61)
    records.add(("boxes", "2"))
    restored.say()
    clock.advance(61)
    restored.say()
    restored.say(last=True)
    (line,) = caplog.messages
    assert "of 2 records" in line
