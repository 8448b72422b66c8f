"""The first thing that anybody runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from demo_runs import fresh
from running import ROOT, clean_environment
from sync_console.live.processes import marked

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_live_day_shows_how_quick_it_is_and_leaves_nothing_running() -> None:
    with _demo("demo_live.py", "--seconds", "8") as demo:
        shown, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, shown
    counts = {
        name: re.findall(rf"^  {name} +(\d+) +(\d+) +(\d+) +[\d.]+ s +[\d.]+ s$", shown, re.MULTILINE)
        for name in ("orders → deals", "status → stage", "stage → status")
    }
    assert list(counts.values()) == [[("5", "4", "1")], [("2", "2", "0")], [("2", "2", "0")]], shown
    words = ["sync-console live", "queue ", "Nothing was lost", "'awaiting_pickup'", "Deals by stage", "Where to look"]
    assert [word for word in words if word not in shown] == []
    assert "\x1b" not in shown  # it is no terminal
    assert max(map(len, shown.partition("Set aside, with")[2].splitlines())) <= 80
    assert _running_in(demo.pid) == []


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_day_that_is_no_day_is_one_line(seconds: str) -> None:
    with _demo("demo_live.py", f"--seconds={seconds}") as demo:
        shown, _ = demo.communicate(timeout=60)
    line = f"SECONDS is how long the day is: a number from 5 to 3600, not {seconds!r}.\n"
    assert (demo.returncode, shown) == (1, line)


@pytest.mark.parametrize("program", ["demo.py", "demo_live.py"])
def test_a_second_demo_leaves_the_first_alone(program: str) -> None:
    folder = ROOT / ".work" / program.removesuffix(".py").replace("_", "-")
    with fresh(folder):
        (folder / "of-the-first").touch()
        with _demo(program) as second:
            shown, _ = second.communicate(timeout=60)
        assert (folder / "of-the-first").exists()
    line = f"Another demo is running in {folder.relative_to(ROOT)}: wait for its end, or stop it.\n"
    assert (second.returncode, shown) == (1, line)


def test_a_folder_that_cant_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo_runs.ROOT", tmp_path)
    (tmp_path / ".work").touch()
    with pytest.raises(SystemExit, match=r"The demo needs \.work/demo to itself: (File exists|Not a directory): /"):
        fresh(tmp_path / ".work" / "demo")


@pytest.mark.parametrize(
    ("number", "program"),
    [(signal.SIGINT, "demo.py"), (signal.SIGTERM, "demo.py"), (signal.SIGINT, "demo_live.py")],
)
def test_a_demo_that_is_stopped_says_so_and_leaves_nothing_running(number: signal.Signals, program: str) -> None:
    with _demo(program) as demo:
        until = time.monotonic() + 60
        while not any("/run/target-streak" in one for one in _running_in(demo.pid)) and time.monotonic() < until:
            time.sleep(0.1)
        demo.send_signal(number)
        shown, _ = demo.communicate(timeout=60)
    assert (demo.returncode, shown.splitlines()[-1]) == (130, "Stopped; nothing is left running."), shown
    assert "Traceback" not in shown
    assert _running_in(demo.pid) == []


def _demo(program: str = "demo.py", *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "demos" / program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment() | {"PYTHONPATH": str(ROOT / "tests" / "e2e")},
        start_new_session=True,
    )


def _running_in(session: int) -> list[str]:
    """The programs of a session, and those of live pipelines, which have sessions of their own."""
    table = subprocess.run(["ps", "-ewwo", "sess=,pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in table.splitlines())
    live = [" ".join(one.cmdline()) for one in marked(f"{ROOT / '.work' / 'demo-live' / 'live'}:")]
    return [row[2] for row in rows if row[0] == str(session) and row[1] != str(os.getpid())] + live
