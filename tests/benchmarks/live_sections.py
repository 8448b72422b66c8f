"""The sections of RESULTS.md about real time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bench_live
import bench_receiver
from bench_live import ALLOWED, LIVE, SCHEDULED, VENDOR_MS
from sections import said

if TYPE_CHECKING:
    from bench_live import Memory
    from live_orders import Latencies
    from sandbox.testing import Sandbox

RATE, BUSY_SECONDS = 20, 30
FEW, SELDOM = 15, 2.0
BESIDE, EVERY = 25, 2.0


def receiver(crm: Sandbox) -> list[str]:
    """Webhooks a second, and the receiver's memory."""
    found = bench_receiver.main(crm)
    ratio = found.stored / found.answered
    return [
        "## The receiver",
        "",
        *said(f"""Signed webhooks over {bench_receiver.CONNECTIONS} connections, each sent when the one before it was
            answered, {bench_receiver.ROUNDS} rounds of {bench_receiver.WEBHOOKS:,} in turns, medians:
            {found.stored:,.0f} a second verified and on the disk before the answer, {found.answered:,.0f} on the same
            server with a route that reads the body and answers (**{ratio:.2f}**). Sender and receiver share the
            machine. The receiver's resident memory: {found.idle_mb:.0f} MB idle (limit 150), {found.after_mb:.0f} MB
            afterwards."""),
    ]


def busy(crm: Sandbox) -> list[str]:
    """From the webhook to the box on a busy day; the memory of the live pipelines."""
    found, idle, after = bench_live.busy(crm, RATE * BUSY_SECONDS, 1 / RATE)
    return [
        "## From the webhook to the box",
        "",
        *said("""Signed webhooks about new orders of people and companies that nobody knows yet, posted on time to
            `sync-console receive`; seconds until Streak (the sandbox) made the box, through `sync-console live` with
            both pipelines as `meltano run`. Here both vendors answer at once and allow any rate."""),
        "",
        *_table(f"{RATE} orders/s", found, 0.5),
        "",
        *said(f"""Memory of the two live pipelines, each with Meltano and its three plugins: idle {_told(idle)} (limit
            300 MB), after those {RATE * BUSY_SECONDS} orders {_told(after)}. Resident counts pages that several
            processes share once for each of them, proportional (PSS) once."""),
    ]


def unloaded(crm: Sandbox) -> list[str]:
    """From the webhook to the box on a quiet day."""
    sold, held = bench_live.unloaded(crm, FEW, SELDOM)
    return [
        "## From the webhook to the box, slow vendors",
        "",
        *said(f"""The same with vendors that take {VENDOR_MS} ms for each answer and with the {ALLOWED} requests/s of
            Streak for the live pipelines alone. Six answers have to be waited for, one after the other: the order, its
            customer, then organization, contact, the contact's link, box. Afterwards a rep puts these deals on hold in
            Streak, one every {SELDOM:.0f} s: seconds until the shop has the status."""),
        "",
        *_table(f"one order every {SELDOM:.0f} s", sold, 1.5),
        _row(f"one move every {SELDOM:.0f} s", held, 1.5),
    ]


def beside(crm: Sandbox) -> list[str]:
    """Live orders while a scheduled run uses its share."""
    found = bench_live.beside_backfill(crm, BESIDE, EVERY)
    return [
        "## Live beside a backfill",
        "",
        *said(f"""A scheduled `meltano run` brings over old orders with its {SCHEDULED} requests/s; meanwhile an order
            every {EVERY:.0f} s comes by webhook, each second one of a customer and a company that are new, through the
            live pipelines with their {LIVE}. The sandbox allows {ALLOWED} (real 429s) and takes {VENDOR_MS} ms for each
            answer. Of a new customer an order takes six requests (organization, contact, its link, box, its links,
            task), the fourth of which makes the box, of a known one three, the first of which makes it.
            {found.per_second:.1f} requests/s were made, at most {found.most} within any second,
            **{found.refused:.2%}** answered 429 (limit 1 %)."""),
        "",
        *_table(f"one order every {EVERY:.0f} s", found.latencies, 3),
    ]


def _table(name: str, found: Latencies, limit: float) -> list[str]:
    head = ["| | changes | p50 | p95 | limit | slowest |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    return [*head, _row(name, found, limit)]


def _row(name: str, found: Latencies, limit: float) -> str:
    p50, p95, slowest = found.percentile(50), found.percentile(95), found.seconds[-1]
    held = f"{limit:.1f}" if p95 <= limit else f"{limit:.1f}, not held"
    return f"| {name} | {len(found.seconds)} | {p50:.2f} | **{p95:.2f}** | {held} | {slowest:.2f} |"


def _told(memory: list[Memory]) -> str:
    resident, proportional = (
        " and ".join(f"{mb:.0f}" for mb in found)
        for found in ([one.resident for one in memory], [one.proportional for one in memory])
    )
    return f"**{resident}** MB resident ({proportional} proportional)"
