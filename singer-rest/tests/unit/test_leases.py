"""One thread, one process writes a record at a time, and begins with all that is known of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from singer_rest.errors import RecordFault
from singer_rest.ledger import Content, Ledger

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_held() -> None:
    ledger = Ledger.in_memory()
    with ledger.lease("things", "1") as held:
        assert (held.link, held.contents, held.intent) == (None, {}, None)
    ledger.intents.open("things", "1", {"a": 1})
    with ledger.lease("things", "1") as held:
        assert held.intent is not None
        assert held.intent.hint == {"a": 1}
    ledger.links.written("things", "1", vendor_key="k", flow="f", content=Content("h", {}), result="created")
    ledger.links.written("things", "1", vendor_key=None, flow="g", content=Content("i", {}), result="updated")
    with ledger.lease("things", "1") as held, ledger.lease("things", "1") as inner:
        assert held == inner
        assert (inner.lease, sorted(held.contents)) == (None, ["f", "g"])


def test_threads_take_turns() -> None:
    ledger, order = Ledger.in_memory(), list[str]()

    def second() -> None:
        with ledger.lease("things", "1"):
            order.append("second")

    with ledger.lease("things", "1"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_who_waits_too_long_is_told() -> None:
    ledger, problems = Ledger.in_memory(), list[Exception]()

    def second() -> None:
        try:
            with ledger.lease("things", "1", wait_seconds=0.05):
                pass
        except RecordFault as problem:
            problems.append(problem)

    with ledger.lease("things", "1"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert [str(problem) for problem in problems] == ["another run is writing things 1"]


def test_two_ledgers_take_turns(tmp_path: Path) -> None:
    one, other = (Ledger.open(f"sqlite:///{tmp_path}/l.db", source="a", destination="b") for _ in range(2))
    with one.lease("things", "1"), pytest.raises(RecordFault), other.lease("things", "1", wait_seconds=0.05):
        pass
    with other.lease("things", "1", wait_seconds=0.5), one.lease("things", "2"):
        pass
    one.close()
    other.close()


def test_a_failure_gives_it_back() -> None:
    ledger = Ledger.in_memory()
    with pytest.raises(ZeroDivisionError), ledger.lease("things", "1"):
        raise ZeroDivisionError
    with ledger.lease("things", "1", wait_seconds=0.5) as held:
        assert held.lease is not None
