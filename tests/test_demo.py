"""The first thing that anybody runs."""

from __future__ import annotations

import os
import subprocess
import sys

from running import ROOT, clean_environment


def test_the_demo_shows_what_arrived_and_leaves_nothing_running() -> None:
    demo = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "demo.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
        start_new_session=True,
    )
    shown, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, shown
    for word in (
        "boxes",
        "contacts",
        "organizations",
        "tasks",
        "comments",
        "Web Orders",
        "calls to Streak",
        "Where to",
    ):
        assert word in shown
    assert _running_in(demo.pid) == []


def _running_in(session: int) -> list[str]:
    """The programs of a session."""
    table = subprocess.run(["ps", "-eo", "sess=,pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in table.splitlines())
    return [row[2] for row in rows if row[0] == str(session) and row[1] != str(os.getpid())]
