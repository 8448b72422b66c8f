"""The sections of RESULTS.md: each measures, and says on what."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import bench_mapper
import bench_memory
import bench_pipe
import bench_start
import bench_target
import calls as counted_calls
from piping import HERE
from servers import pipe_places

if TYPE_CHECKING:
    from bench_pipe import Compared
    from sandbox.testing import Sandbox

ORDERS = 100_000
FAN_OUT_ORDERS = 10_000
ROUNDS = 5
SIZES = (1, 10_000, 100_000)
MILLION = HERE / "million.json"


def calls(crm: Sandbox) -> list[str]:
    """Calls of one item."""
    rows = [
        f"| {name} | **{cost.calls:.0f}** | {cost.entered:.0f} | {cost.functions} | **{cost.files}** "
        f"| {counted_calls.GOALS.get(name, '')} |"
        for name, cost in counted_calls.main(crm).items()
    ]
    return [
        "## Calls of one item",
        "",
        *said("""Functions of our packages entered, with the functions of C that they call, on all threads (calls.py);
            `entered` without C. Steady state: the difference of 101 items and one."""),
        "",
        "| | calls | entered | functions | files | goal |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        *rows,
    ]


def pipes(crm: Sandbox) -> list[str]:
    """Whole pipes, and each program's memory."""
    with pipe_places(crm, ORDERS, fan_out=False) as places:
        plain = bench_pipe.plain(places, ROUNDS)
        meltano = bench_pipe.under_meltano(places, ROUNDS)
        grown = bench_memory.measure(places, SIZES)
    with pipe_places(crm, FAN_OUT_ORDERS, fan_out=True) as places:
        fan_out = bench_pipe.plain(places, ROUNDS, fan_out=True)
    return [
        "## tap | mapper | target, all records unchanged",
        "",
        *said(f"""`tap-clarity | mapper-crosswalk | target-streak` beside the same pipe of stock SDK parts, {ROUNDS}
            rounds, medians. Both taps read the same pages of 250 orders (1.0 kB each) over HTTP from one local server
            that makes them up as it goes (synthetic_shop.py). Ours: Decimal money, 1:1 mapping of ten fields to boxes
            (one through a table, two with fixed digits), validation by both schemas, the ledger read for every record,
            no call (3 to sign in). Stock: stock_tap.py (a RESTStream with the same schema, default JSON and
            conformance), `meltano-map-transform` with ten fields, stock_target.py (a sink that does nothing, default
            validation). Start-up is included; PYTHON* variables of the shell are not. Under Meltano both run in one
            project with the same settings. The fan-out is the shipped mapping, five records of an order, beside ten
            fields on five streams."""),
        "",
        "| | ours, s | stock, s | ratio | ours, CPU s | stock, CPU s | ratio by CPU |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        _row(f"{ORDERS:,} orders, 1:1", plain),
        _row(f"{ORDERS:,} orders, 1:1, `meltano run`", meltano),
        _row(f"{FAN_OUT_ORDERS:,} orders, five streams", fan_out),
        "",
        "CPU seconds of tap, mapper and target: " + _each(plain) + ".",
        "",
        *_memory_section(grown),
    ]


def _row(name: str, compared: Compared) -> str:
    ours, stock = compared.ours, compared.stock
    seconds = [median(one.seconds for one in runs) for runs in (ours, stock)]
    cpu = [median(one.cpu for one in runs) for runs in (ours, stock)]
    return (
        f"| {name} | {seconds[0]:.1f} | {seconds[1]:.1f} | **{compared.ratio:.2f}** "
        f"| {cpu[0]:.1f} | {cpu[1]:.1f} | **{compared.cpu_ratio:.2f}** |"
    )


def _each(compared: Compared) -> str:
    return ", ".join(
        f"{who} "
        + " / ".join(
            f"{median(cost.cpu for cost in costs):.1f}" for costs in zip(*(r.costs for r in runs), strict=True)
        )
        for who, runs in (("ours", compared.ours), ("stock", compared.stock))
    )


def million(crm: Sandbox) -> list[str]:
    """Each program's memory over a million orders, once: kept for the table of the whole benchmark."""
    with pipe_places(crm, 1_000_000, fan_out=False) as places:
        rows = bench_memory.measure(places, [1_000_000])
    MILLION.write_text("[\n  " + ",\n  ".join(map(json.dumps, rows)) + "\n]\n")
    return [f"{row['program']}: {row['peak_mb']} MB, {row['cpu']} CPU seconds" for row in rows]


def _memory_section(rows: list[dict[str, Any]]) -> list[str]:
    once = json.loads(MILLION.read_text()) if MILLION.exists() else []
    sizes = sorted({row["orders"] for row in [*rows, *once]} - {1})
    lines = [
        "## Memory and cost, program by program",
        "",
        *said("""Each program alone (the target behind the mapper) on synthetic pages or generated Singer lines, all
            records unchanged: peak resident MB (`ru_maxrss`), and CPU µs per order without the start-up. The million
            was run once (`make bench PART=million`)."""),
        "",
        "| | " + " | ".join(f"{size:,} orders" for size in sizes) + " | 100,000 over 10,000 |",
        "| --- |" + " ---: |" * (len(sizes) + 1),
    ]
    for program in dict.fromkeys(row["program"] for row in rows):
        mine = {row["orders"]: row for row in [*once, *rows] if row["program"] == program}
        cells = [f"{mine[n]['peak_mb']:.0f} MB, {_micros(mine, n):.0f} µs" if n in mine else "" for n in sizes]
        growth = mine[100_000]["peak_mb"] / mine[10_000]["peak_mb"]
        lines.append(f"| {program} | " + " | ".join(cells) + f" | **{growth:.2f}** |")
    return lines


def _micros(rows: dict[int, dict[str, Any]], orders: int) -> float:
    return float((rows[orders]["cpu"] - rows[1]["cpu"]) / orders * 1e6)


def mapper(_crm: Sandbox) -> list[str]:
    """The mapper alone."""
    found = bench_mapper.main(100_000)
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


def start(_crm: Sandbox) -> list[str]:
    """What a start costs."""
    with tempfile.TemporaryDirectory() as name:
        found = bench_start.main(Path(name))
    return [
        "## Starting a program",
        "",
        "CPU seconds of `--version`, median of five: all is loaded that a run loads. 'stock' is the SDK itself.",
        "",
        "| " + " | ".join(found) + " |",
        "|" + " ---: |" * len(found),
        "| " + " | ".join(f"{seconds:.2f}" for seconds in found.values()) + " |",
    ]


def lanes(crm: Sandbox) -> list[str]:
    """Lanes side by side, and one that is stuck."""
    with tempfile.TemporaryDirectory() as name:
        side_by_side = bench_target.throughput(crm, _folder(name, "lanes"))
        stuck = bench_target.stuck(crm, _folder(name, "stuck"))
    ideal = bench_target.LANES / bench_target.LATENCY
    return [
        "## Lanes",
        "",
        *said(f"""{bench_target.LANES} lanes, {bench_target.LATENCY * 1000:.0f} ms latency, independent new boxes:
            {side_by_side:.1f} records/s, **{side_by_side / ideal:.2f}** of lanes/latency."""),
        "",
        *said(f"""One box stuck for {stuck.stuck_done:.1f} s (no latency otherwise): the {stuck.others} others were
            written after {stuck.others_done:.1f} s, the first STATE behind it came
            {stuck.first_state - stuck.stuck_done:.2f} s after it was done."""),
    ]


def rate(crm: Sandbox) -> list[str]:
    """The allowed rate."""
    with tempfile.TemporaryDirectory() as name:
        found = bench_target.rate(crm, _folder(name, "rate"))
    return [
        "## The allowed rate",
        "",
        *said(f"""A backfill of new boxes for {found.seconds:.0f} s, the sandbox holding {bench_target.LIMIT} requests/s
            (real 429s), 150 ms latency, by the sandbox's request log without the first and last second:
            **{found.used:.1%}** of the limit used, {found.refused:.1%} answered 429, at most {found.most} requests
            within any second."""),
    ]


def ledger(crm: Sandbox) -> list[str]:
    """What waiting for the disk costs."""
    with tempfile.TemporaryDirectory() as name:
        pairs = [
            [bench_target.written(crm, _folder(name, f"{durable}{turn}"), durable=durable) for durable in (True, False)]
            for turn in range(3)
        ]
    safe, hasty = (median(values) for values in zip(*pairs, strict=True))
    return [
        "## The ledger",
        "",
        *said(f"""New boxes against the sandbox without latency or limit, 8 lanes, median of three: {safe:.0f}
            records/s with every commit on the disk, {hasty:.0f} without waiting for it (**{safe / hasty:.2f}**).
            Streak allows 10 requests a second."""),
    ]


def said(text: str) -> list[str]:
    """Return a paragraph as lines."""
    return wrap(" ".join(text.split()), 120, break_on_hyphens=False)


def _folder(parent: str, name: str) -> Path:
    folder = Path(parent) / name
    folder.mkdir()
    return folder
