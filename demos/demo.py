"""`make demo`: orders of a demo shop become boxes, a rep's work goes back; two local servers, stopped at the end."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from demo_rep import Rep
from demo_report import arrived, came_back
from demo_runs import BACK, FOLDER, THERE, Ran, environment, fresh, letters, meltano, sandbox
from running import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

INTERRUPTED = 130


def main() -> int:
    """Run the demo; returns the exit code."""
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return _demo()
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        return INTERRUPTED


def _demo() -> int:
    with fresh(FOLDER):
        _there_and_back()
    return 0


def _there_and_back() -> None:
    _say("Starting the sandbox: a shop and a CRM as local servers")
    with sandbox(FOLDER) as running:
        settings = environment(running)
        there = _run(settings, THERE, "1-there")
        snapshot = running.snapshot()
        print(arrived(snapshot["clarity"], snapshot["streak"], there, letters(settings)))
        again = _way_back(running, settings)
        snapshot = running.snapshot()
    (FOLDER / "streak.json").write_text(json.dumps(snapshot["streak"], indent=1, ensure_ascii=False, default=str))
    print(_summing_up(again))


def _way_back(running: Sandbox, settings: dict[str, str]) -> list[Ran]:
    """Let a rep work, carry it to the shop, and go round once more."""
    before = running.snapshot()["clarity"]
    _say("A rep moves three deals, edits a contact, ticks off a task and writes a comment for the shop")
    done = Rep(running).work()
    _run(settings, BACK, "2-back")
    print(came_back(before, running.snapshot()["clarity"], done))
    return [_run(settings, THERE, "3-there-again"), _run(settings, BACK, "4-back-again")]


def _run(settings: dict[str, str], plugins: tuple[str, ...], name: str) -> Ran:
    _say(f"Running meltano run {' '.join(plugins)}")
    return meltano(settings, plugins, FOLDER / f"{name}.log")


def _summing_up(again: list[Ran]) -> str:
    written = sum(ran.written for ran in again)
    return "\n".join(
        [
            "",
            f"A further round in both directions wrote {written or 'nothing'}"
            + (" records, which it should not have." if written else "."),
            "",
            "Where to look:",
            f"  {_short(FOLDER / 'streak.json')}   everything that Streak holds now",
            f"  {_short(FOLDER / '*.log')}         what the runs said",
            "To look around at leisure, see README.md.",
        ]
    )


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _say(text: str) -> None:
    print(f"{text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
