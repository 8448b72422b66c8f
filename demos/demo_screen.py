"""How the live demo shows itself while it runs: one screen in a terminal, else a line now and then."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol

from demo_watch import PIPELINES, percentile
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from demo_day import Change
    from demo_watch import Arrival, Watch
    from rich.console import RenderableType

WIDEST = 100
FIXED_ROWS = 12
LINES = 12  # of a day, where there is no terminal
GOOD_SECONDS, FAIR_SECONDS = 1.0, 2.0
BAR_SECONDS, LONGEST_BAR = 0.1, 10
DIRECTIONS = (
    ("Clarity → Streak", (("orders → deals", "order"), ("status → stage", "status"))),
    ("Streak → Clarity", (("stage → status", "stage"),)),
)


class Screen(Protocol):
    """Shows how the day goes."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, watch: Watch, elapsed: float) -> None:
        """Show how it is now."""


def screen(seconds: float) -> Screen:
    """What fits where we are."""
    console = Console()
    alive = sys.stdout.isatty() and not console.is_dumb_terminal and not os.environ.get("CI")
    return Terminal(console, seconds) if alive else Lines(seconds)


class Lines:
    """A line every few seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, watch: Watch, elapsed: float) -> None:
        """Say how it is, when it is time."""
        if elapsed * LINES < self._seconds * (self._shown + 1):
            return
        self._shown = int(elapsed * LINES / self._seconds)
        ways = "; ".join(_way(watch, kinds) for _, kinds in DIRECTIONS)
        health = watch.health
        queue = f"queue {health.queue}, set aside {health.set_aside}, restarts {health.restarts}"
        print(f"  {_clock(elapsed)}  {ways}; {queue}", flush=True)


class Terminal:
    """The whole screen, drawn anew several times a second."""

    def __init__(self, console: Console, seconds: float) -> None:
        self._console = console
        self._seconds = seconds
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, watch: Watch, elapsed: float) -> None:
        """Draw it."""
        width, room = min(self._console.width, WIDEST), max(self._console.height - FIXED_ROWS, 1)
        parts: list[RenderableType] = [
            _head(elapsed, self._seconds, width),
            Text("─" * width, style="dim"),
            counts(watch, width),
            Text("─" * width, style="dim"),
            _health(watch),
            Text("─" * width, style="dim"),
            _latest(watch.arrived[-room:], width, room),
            Text(" Ctrl-C stops everything.", style="dim"),
        ]
        self._live.update(Group(*parts), refresh=True)


def counts(watch: Watch, width: int) -> Table:
    """What was done and what of it has arrived, in both directions."""
    table = Table.grid(padding=(0, 2), expand=False)
    table.add_column(min_width=20)
    for _ in range(5):
        table.add_column(justify="right", min_width=9)
    table.add_row("", *(Text(name, style="dim") for name in ("done", "arrived", "under way", "p50", "p95")))
    for direction, kinds in DIRECTIONS:
        table.add_row(Text(f" {direction}", style="bold"))
        for name, kind in kinds:
            done, arrived = watch.done(kind), len(watch.seconds(kind))
            way = sum(change.kind == kind for change in watch.waiting)
            times = (_seconds(percentile(watch.seconds(kind), share)) for share in (0.5, 0.95))
            table.add_row(f"   {name}", str(done), Text(str(arrived), style="bold green"), str(way), *times)
    table.width = width
    return table


def _head(elapsed: float, seconds: float, width: int) -> Text:
    title, clock = " A busy day of a small shop", f"{_clock(elapsed)} of {_clock(seconds)} "
    return Text(title + clock.rjust(width - len(title)), style="bold")


def _health(watch: Watch) -> Text:
    health = watch.health
    every = len(PIPELINES)
    return Text.assemble(
        f" queue {health.queue:<4}   set aside ",
        (str(health.set_aside), "yellow" if health.set_aside else ""),
        "      restarts ",
        (str(health.restarts), "yellow" if health.restarts else ""),
        "      pipelines up ",
        (f"{health.up} of {every}", "green" if health.up == every else "bold red"),
    )


def _latest(arrivals: Sequence[Arrival], width: int, room: int) -> Table:
    """The newest first, each with a bar as long as it took."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for ratio in (None, None, 1, None, None, None):
        table.add_column(no_wrap=True, ratio=ratio, overflow="ellipsis")
    for arrival in reversed(arrivals):
        change, style = arrival.change, _style(arrival.seconds)
        clock = Text(time.strftime(" %H:%M:%S", time.localtime(change.at)), style="dim")
        bar = "▇" * min(LONGEST_BAR, round(arrival.seconds / BAR_SECONDS)) or "▏"
        times = (Text(f"{arrival.seconds:5.2f} s", style=style), Text(bar.ljust(LONGEST_BAR), style=style))
        table.add_row(clock, f"SO-{change.order}", _deed(change), f"→ {arrival.where:<14}", *times)
    for _ in range(room - len(arrivals)):
        table.add_row("")
    table.width = width
    return table


def _deed(change: Change) -> str:
    return {"order": f"order of {change.who}", "status": "status set in shop", "stage": "deal moved by rep"}[
        change.kind
    ]


def _way(watch: Watch, kinds: Sequence[tuple[str, str]]) -> str:
    names = [kind for _, kind in kinds]
    parts = ", ".join(f"{name} {len(watch.seconds(kind))}/{watch.done(kind)}" for name, kind in kinds)
    half, most = (_seconds(percentile(watch.seconds(*names), share)) for share in (0.5, 0.95))
    return f"{parts} (p50 {half}, p95 {most})"


def _style(seconds: float) -> str:
    return "green" if seconds <= GOOD_SECONDS else "yellow" if seconds <= FAIR_SECONDS else "red"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
