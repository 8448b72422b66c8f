"""The wall clock jumps by an hour back and forth every two seconds, the ledger's as well: nothing is doubled."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

# what every plugin of these tests does first: its clocks show an hour more in every other two seconds
BENT = """
import time
steady = time.time
time.time = lambda: steady() + (3600 if int(steady()) // 2 % 2 else 0)
time.time_ns = lambda: int(time.time() * 1e9)
from singer_rest.ledger.engine import CLOCKS
jump = "(CAST(strftime('%s', 'now') AS INTEGER) / 2 % 2 * 3600000)"
CLOCKS["sqlite"] = f"({CLOCKS['sqlite']} + {jump})"
"""
ORDERS = range(1, 26)


@pytest.fixture
def _bent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bent"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BENT)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def everything(shop: Any) -> str:
    records = [
        *(shop.contact(f"C{number}", emailAddresses=[f"c{number}@acme.example"]) for number in ORDERS),
        *(shop.box(number, contactExternalIds=[f"C{number}"]) for number in ORDERS),
        *(shop.comment(number, f"payment:P{number}:captured") for number in ORDERS),
        *(shop.status("pending", number, first=True) for number in ORDERS),
        *(shop.task(number) for number in ORDERS),
    ]
    return str(shop.lines(*records))


def nothing_is_doubled(shop: Any) -> None:
    names = Counter(box["name"] for box in shop.stored("boxes"))
    assert names == Counter(f"Order {100000 + number}" for number in ORDERS)
    assert len(shop.stored("contacts")) == len(ORDERS)
    comments = Counter((comment["boxKey"], comment["message"]) for comment in shop.stored("comments"))
    assert (len(comments), set(comments.values())) == (2 * len(ORDERS), {1})
    tasks = Counter((task["boxKey"], task["text"]) for task in shop.stored("tasks"))
    assert (len(tasks), set(tasks.values())) == (len(ORDERS), {1})


@pytest.mark.usefixtures("_bent")
def test_two_targets_on_one_ledger_write_everything_once(shop: Any) -> None:
    shop.sandbox.faults([{"match": {"system": "streak"}, "do": "latency", "ms": 250}])
    for _stdout, stderr in shop.twice_at_once(everything(shop)):
        assert "Traceback" not in stderr
    shop.sandbox.faults([])
    assert shop.shell(stdin=everything(shop)).returncode == 0
    nothing_is_doubled(shop)
    assert shop.letters() == []


@pytest.mark.usefixtures("_bent")
def test_a_run_that_was_killed_is_taken_up_without_doubling(shop: Any) -> None:
    """What it asked for last arrives after it died; the next run waits for that, whatever hour it is by then."""
    shop.sandbox.faults([{"match": {"system": "streak", "method": "POST"}, "do": "latency", "ms": 1500}])
    settings = {"request_timeout": 4, "search_lag_seconds": 4}
    ended = shop.killed(everything(shop), after=(4.0, 5.0), **settings)
    assert ended.returncode == 0, ended.stderr
    nothing_is_doubled(shop)


@pytest.mark.usefixtures("_bent")
def test_letters_are_tried_again_and_closed(shop: Any) -> None:
    shop.sandbox.faults([{"match": {"system": "streak", "method": "POST"}, "do": "status", "status": 503}])
    assert shop.shell(stdin=everything(shop), retry_seconds=0.1, max_rejected="100%").returncode in {0, 1}
    shop.sandbox.faults([])
    assert shop.shell(stdin=everything(shop)).returncode == 0
    nothing_is_doubled(shop)
    assert shop.letters() == []
