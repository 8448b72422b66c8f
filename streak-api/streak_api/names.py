"""How messages show names: listed, counted, and the nearest to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 20


def nearest(name: str, names: Iterable[str]) -> str:
    """`, did you mean 'x'?`, or nothing."""
    folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.6)
    return f", did you mean {folded[close[0]]!r}?" if close else ""


def counted(number: int, kind: str) -> str:
    """`1 stage`, `2 stages`."""
    return f"{number} {kind}" if number == 1 else f"{number} {kind}s"


def listed(names: Iterable[str]) -> str:
    """`'a', 'b'`, cut where it gets long; `none` for nothing."""
    every = [repr(name) for name in names]
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more or "none"
