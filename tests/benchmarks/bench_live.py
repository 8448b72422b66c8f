"""How soon an order is a box: through receiver and live pipelines, alone and beside a scheduled backfill."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pace
import psutil
from live_moves import Rep
from live_orders import FIRST, Latencies, Shop, bought
from live_site import LiveSite
from running import Meltano
from sync_console.live.processes import plugins

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

    from sandbox.testing import Sandbox

PLENTY = 1000
ALLOWED = 10
LIVE = 4
SCHEDULED = ALLOWED - LIVE
VENDOR_MS = 150
OLD_ORDERS, OF_EACH = 600, 60
WARM = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """MB of one live pipeline, Meltano and its three plugins: resident, and with shared pages counted once."""

    resident: float
    proportional: float


@dataclass(frozen=True, slots=True)
class Beside:
    """Live orders beside a backfill: their latencies, the requests of both a second, the share answered 429."""

    latencies: Latencies
    per_second: float
    refused: float
    most: int


def busy(crm: Sandbox, orders: int, pause: float) -> tuple[Latencies, list[Memory], list[Memory]]:
    """Sell as fast as that, with vendors that answer at once and allow any rate; memory before and after."""
    with live(crm, PLENTY) as (site, shop):
        idle = memory(site)
        return shop.sell(orders, pause), idle, memory(site)


def unloaded(crm: Sandbox, orders: int, pause: float) -> tuple[Latencies, Latencies]:
    """Sell now and then, with vendors that take their time; then put what was sold on hold in Streak."""
    with live(crm, ALLOWED) as (_, shop):
        crm.limits(streak={"rps": ALLOWED}, latency_ms=VENDOR_MS)
        sold = shop.sell(orders, pause)
        time.sleep(pause)
        return sold, Rep(crm).hold(shop.orders, pause)


def beside_backfill(crm: Sandbox, orders: int, pause: float) -> Beside:
    """Sell while a scheduled run brings over old orders; every customer buys twice."""
    with live(crm, LIVE) as (site, shop), backfill(site) as run:
        crm.limits(streak={"rps": ALLOWED}, latency_ms=VENDOR_MS)
        crm.clear_requests()
        latencies = shop.sell(orders, pause, orders_of_each=2)
        asked = pace.requests(crm)
        if run.poll() is not None:
            raise RuntimeError("the backfill ended before the live orders did")
    return Beside(latencies, pace.share_used(asked, 1), pace.share_refused(asked), pace.most_in_a_second(asked))


@contextmanager
def live(crm: Sandbox, requests_per_second: int) -> Iterator[tuple[LiveSite, Shop]]:
    """Start receiver and both live pipelines; give them when the first orders have gone all their way."""
    crm.reset()
    with tempfile.TemporaryDirectory() as name:
        share = {"SYNC_CONSOLE_LIVE_REQUESTS_PER_SECOND": str(requests_per_second)}
        site = LiveSite(crm, Path(name), share)
        try:
            site.receive()
            site.console("webhooks", "sync")
            site.start("live")
            site.wait_for(site.up)
            warm = Shop(site, FIRST - WARM)
            warm.sell(WARM, pause=0.5)
            warm.close()
            time.sleep(WARM)
            shop = Shop(site)
            yield site, shop
            shop.close()
        finally:
            site.close()


@contextmanager
def backfill(site: LiveSite) -> Iterator[subprocess.Popen[bytes]]:
    """Run `meltano run` over old orders; give it when it makes boxes."""
    crm, year = site.sandbox, datetime.now(UTC) - timedelta(days=365)
    for number in range(OLD_ORDERS):
        crm.load(bought(number, number - number % OF_EACH, year + timedelta(hours=number)), events=False)
    share = {"TARGET_STREAK_REQUESTS_PER_SECOND": str(SCHEDULED)}
    scheduled = Meltano(crm, site.folder, {**site.environment, **share})
    before = len(crm.snapshot()["streak"]["boxes"])
    run = scheduled.start("run", "tap-clarity", "mapper", "target-streak")
    try:
        site.wait_for(lambda: len(crm.snapshot()["streak"]["boxes"]) > before)
        yield run
    finally:
        _end(psutil.Process(run.pid))
        run.wait()


def _end(run: psutil.Process) -> None:
    for process in [*run.children(recursive=True), run]:
        process.kill()


def memory(site: LiveSite) -> list[Memory]:
    """Return what each live pipeline takes."""
    runs = [one for one in site.processes() if "--force" in one.cmdline()]
    return [_memory([run, *plugins(run.pid)]) for run in runs]


def _memory(processes: Sequence[psutil.Process]) -> Memory:
    found = [one.memory_full_info() for one in processes]
    return Memory(sum(one.rss for one in found) / 1e6, sum(one.pss for one in found) / 1e6)
