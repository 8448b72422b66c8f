"""`make bench`: measures, and writes RESULTS.md beside this file."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import bench_mapper

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run every benchmark and write what came out."""
    lines = ["# Measured", "", *_circumstances(), "", *_mapper()]
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


def _circumstances() -> list[str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    when = f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.strip() or 'unknown'}, {machine}."
    return [f"{when} Ratios are of one run; absolute numbers are of that machine. Repeat with `make bench`."]


def _mapper() -> list[str]:
    found = bench_mapper.main()
    rows = [
        ("one record to one", found["ours_one_to_one"], found["stock_one_to_one"], found["ratio_one_to_one"]),
        ("one record to five streams", found["ours_fan_out"], found["stock_fan_out"], found["ratio_fan_out"]),
    ]
    return [
        "## The mapper",
        "",
        "`mapper-crosswalk` beside `meltano-map-transform`, programs of their own that read the same 1.2 kB orders",
        "and write the same fields; records written a second, start included, best of three interleaved rounds.",
        "",
        "| | mapper-crosswalk | meltano-map-transform | ratio |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {ours:,.0f} | {stock:,.0f} | **{ratio:.1f}** |" for name, ours, stock, ratio in rows),
    ]


if __name__ == "__main__":
    main()
