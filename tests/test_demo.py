"""The first thing that anybody runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from running import ROOT, clean_environment


def test_the_demo_shows_both_ways_and_leaves_nothing_running() -> None:
    with _demo() as demo:
        shown, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, shown
    words = [
        "boxes",
        "contacts",
        "organizations",
        "tasks",
        "comments",
        "Web Orders",
        "calls to Streak",
        "What reached the shop",
        "Chief Buyer",
        "gift-wrap",
        "wrote nothing",
        "Where to",
    ]
    assert [word for word in [*words, "'awaiting_pickup'", "2 dead letters"] if word not in shown] == []
    assert max(map(len, shown.splitlines())) < 140
    assert _running_in(demo.pid) == []
    open_to_others = [path for path in (ROOT / ".work" / "demo").rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_says_so_and_leaves_nothing_running(number: signal.Signals) -> None:
    with _demo() as demo:
        until = time.monotonic() + 60
        while not any("target-streak" in program for program in _running_in(demo.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        demo.send_signal(number)
        shown, _ = demo.communicate(timeout=60)
    assert (demo.returncode, shown.splitlines()[-1]) == (130, "Stopped; nothing is left running."), shown
    assert "Traceback" not in shown
    assert _running_in(demo.pid) == []


def _demo() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "demo.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
        start_new_session=True,
    )


def _running_in(session: int) -> list[str]:
    """The programs of a session."""
    table = subprocess.run(["ps", "-eo", "sess=,pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in table.splitlines())
    return [row[2] for row in rows if row[0] == str(session) and row[1] != str(os.getpid())]
