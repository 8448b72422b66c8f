"""Counts the calls that a Python program makes: `python counting.py REPORT PROGRAM ARGUMENT…`.

On all threads: every Python function that is entered (a generator each time that it goes on), and every function of C
that one calls. REPORT gets what ran as JSON, `{"FILE:LINE:NAME": [entered, calls of C]}`.
"""

from __future__ import annotations

import json
import runpy
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType

    Calls = dict[str, Counter[CodeType]]

# one pair a thread, as additions to a shared one would be lost
_COUNTED: list[Calls] = []


def _count_this_thread(*_: Any) -> None:
    counted: Calls = {"call": Counter(), "c_call": Counter()}
    _COUNTED.append(counted)

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event in counted:
            counted[event][frame.f_code] += 1

    sys.setprofile(count)


def main(report: str, program: str, *arguments: str) -> None:
    """Run it, then write what was called."""
    sys.argv = [program, *arguments]
    threading.setprofile(_count_this_thread)
    _count_this_thread()
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        sys.setprofile(None)
        Path(report).write_text(json.dumps(_totals()))


def _totals() -> dict[str, tuple[int, int]]:
    entered: Counter[str] = Counter()
    c_calls: Counter[str] = Counter()
    for counted in _COUNTED:
        for total, event in ((entered, "call"), (c_calls, "c_call")):
            for code, calls in list(counted[event].items()):
                total[f"{code.co_filename}:{code.co_firstlineno}:{code.co_qualname}"] += calls
    return {name: (entered[name], c_calls[name]) for name in entered | c_calls}


if __name__ == "__main__":
    main(*sys.argv[1:])
