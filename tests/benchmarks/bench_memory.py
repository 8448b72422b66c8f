"""Peak memory and cost per order of each program alone, as the number of orders grows."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from piping import HERE, run
from synthetic_shop import SyntheticShop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from piping import Cost
    from plugins import Places

PROGRAMS = ("tap-clarity", "mapper-crosswalk", "target-streak")


def measure(places: Places, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Return a row per number of orders and program, peak MB and CPU seconds; the ledger knows the orders."""
    return [
        {"program": name, "orders": size, "peak_mb": round(cost.peak_mb, 1), "cpu": round(cost.cpu, 2)}
        for size in sizes
        for name, cost in zip(PROGRAMS, _costs(places, size), strict=True)
    ]


def _costs(places: Places, size: int) -> list[Cost]:
    """Return what each program takes for so many orders, one to one."""
    with SyntheticShop(size) as shop:
        tap, mapper, target = replace(places, shop_url=shop.url).ours(fan_out=False)
        source = [sys.executable, str(HERE / "orders_singer.py"), str(size)]
        pipes = [[tap], [source, mapper], [source, mapper, target]]
        costs = [run(pipe, places.folder).costs[-1] for pipe in pipes]
    read, unchanged = places.unchanged()
    if not read == unchanged == size:
        raise RuntimeError(f"{unchanged} of {size} records were unchanged")
    return costs
