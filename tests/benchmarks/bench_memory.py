"""Peak memory and cost per order of each program alone, as the number of orders grows.

A program of its own, `python bench_memory.py FOLDER STREAK_URL STREAK_KEY SIZES…`: Linux counts to a program's peak
what its parent had at its birth, so the parent has to be small.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from piping import HERE, run
from plugins import Places
from synthetic_shop import SyntheticShop

if TYPE_CHECKING:
    from piping import Cost


def measure(places: Places, shop: SyntheticShop, sizes: list[int]) -> dict[str, dict[int, Cost]]:
    """Return each program's cost by the number of orders, 1:1; the ledger knows the orders."""
    tap, mapper, target = places.ours(fan_out=False)
    found: dict[str, dict[int, Cost]] = {"tap-clarity": {}, "mapper-crosswalk": {}, "target-streak": {}}
    for size in sizes:
        shop.orders = size
        source = [sys.executable, str(HERE / "orders_singer.py"), str(size)]
        found["tap-clarity"][size] = _own(run([tap], places.folder).costs[0])
        found["mapper-crosswalk"][size] = _own(run([source, mapper], places.folder).costs[1])
        found["target-streak"][size] = _own(run([source, mapper, target], places.folder).costs[2])
        read, unchanged = places.unchanged()
        if not read == unchanged == size:
            raise RuntimeError(f"{unchanged} of {size} records were unchanged")
    return found


def _own(cost: Cost) -> Cost:
    """Make sure that a child's peak is its own, and not what we had at its birth."""
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if ours > cost.peak_mb:
        raise RuntimeError(f"the benchmark itself has {ours:.0f} MB: a child's {cost.peak_mb:.0f} MB mean nothing")
    return cost


def rows(found: dict[str, dict[int, Cost]]) -> list[dict[str, Any]]:
    """Return one plain row per program and size."""
    return [
        {"program": name, "orders": size, "peak_mb": cost.peak_mb, "cpu": cost.cpu}
        for name, costs in found.items()
        for size, cost in costs.items()
    ]


def main(folder: str, streak_url: str, streak_key: str, *sizes: str) -> None:
    """Measure and print the rows as JSON."""
    with SyntheticShop(0) as shop:
        places = Places(Path(folder), shop.url, streak_url, streak_key)
        sys.stdout.write(json.dumps(rows(measure(places, shop, [int(size) for size in sizes]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
