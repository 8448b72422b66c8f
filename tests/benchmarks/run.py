"""`make bench`: measures, and writes RESULTS.md beside this file. `run.py NAME …` measures only these and prints."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime

import live_sections
import sections
from piping import HERE, ROOT
from servers import sandbox

ALL = {
    "calls": sections.calls,
    "pipes": sections.pipes,
    "mapper": sections.mapper,
    "start": sections.start,
    "lanes": sections.lanes,
    "rate": sections.rate,
    "ledger": sections.ledger,
    "receiver": live_sections.receiver,
    "busy": live_sections.busy,
    "unloaded": live_sections.unloaded,
    "beside": live_sections.beside,
}
ONCE = {"million": sections.million}


def main(*names: str) -> None:
    """Run the benchmarks and write what came out."""
    began = time.monotonic()
    lines: list[str] = []
    with sandbox() as crm:
        for name in names or ALL:
            lines += ["", *(ALL | ONCE)[name](crm)]
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    text = "\n".join(["# Measured", "", *_circumstances(time.monotonic() - began), *lines]) + "\n"
    if not names:
        (HERE / "RESULTS.md").write_text(text)
    sys.stdout.write(text)


def _circumstances(seconds: float) -> list[str]:
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.strip() or 'unknown'}, {machine}, {load}, {seconds:.0f} s.",
        "Ratios are of one run, rounds of both sides in turns; absolute numbers are of that machine. Repeat with",
        "`make bench`, or one part with `make bench PART=" + "|".join(ALL) + "`.",
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
