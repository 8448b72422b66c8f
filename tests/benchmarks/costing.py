"""Runs a program as a child of a small process: `python -I -S costing.py REPORT PROGRAM ARGUMENT…`.

Linux counts to a program's peak what its parent had at its birth, so the parent has to be small. REPORT gets the
program's CPU seconds (with those of its children) and its largest resident memory in kB; the exit status is its own.
"""

import os
import sys
from pathlib import Path


def main(report: str, *command: str) -> int:
    """Run it, write what it cost, and return how it ended."""
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    Path(report).write_text(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
