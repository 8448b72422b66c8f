"""What the live demo says at the end, to somebody who has never seen it."""

from __future__ import annotations

from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

from demo_report import stages
from demo_screen import DIRECTIONS
from demo_watch import percentile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo_day import Change
    from demo_watch import Watch

WIDTH = 80
WIDTHS = (18, 8, 10, 12, 14, 14)
NEXT = """
Where to look:
  .work/demo-live/live.log     what the pipelines said
  .work/demo-live/streak.json  everything that Streak held at the end
  docs/real-time.md            how to set it up with your own accounts"""


def lost(watch: Watch) -> list[Change]:
    """What should have arrived and did not."""
    return [*watch.waiting, *(change for change in watch.set_aside if change.wanted)]


def outcome(watch: Watch, streak: dict[str, Any], elapsed: float) -> str:
    """The whole of it."""
    orders, changed, moved = (watch.done(kind) for kind in ("order", "status", "stage"))
    told = [
        "",
        f"In {elapsed:.0f} seconds customers placed {orders} orders, the shop changed the status of {changed},",
        f"and reps moved {moved} deals. How long it took until the other side showed it,",
        "where every call to either side takes 0.1 s:",
        "",
        _row("", "done", "arrived", "set aside", "half within", "95 % within"),
        *(_measured(watch, name, kind) for _, kinds in DIRECTIONS for name, kind in kinds),
        "",
        *_verdict(watch),
        "",
        "Deals by stage:",
        *stages(streak),
    ]
    return "\n".join(told) + "\n" + NEXT


def _measured(watch: Watch, name: str, kind: str) -> str:
    seconds = watch.seconds(kind)
    aside = sum(change.kind == kind for change in watch.set_aside)
    times = (f"{percentile(seconds, share):.2f} s" if seconds else "–" for share in (0.5, 0.95))
    return _row(name, str(watch.done(kind)), str(len(seconds)), str(aside), *times)


def _row(*cells: str) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return "  " + first[0].ljust(first[1]) + "".join(cell.rjust(width) for cell, width in others)


def _verdict(watch: Watch) -> list[str]:
    missing, doubled, restarts = lost(watch), watch.doubled(), watch.health.restarts
    lines = [f"Not arrived: {_orders(change.order for change in missing)}."] if missing else []
    lines += [f"Written twice: {_orders(doubled)}."] if doubled else []
    lines = lines or ["Nothing was lost, nothing was written twice."]
    lines += [f"Pipelines had to be started again {restarts} times, live.log says why."] if restarts else []
    return [*lines, *_set_aside(watch)]


def _set_aside(watch: Watch) -> list[str]:
    """The one order that was placed to be set aside, and whatever else there is."""
    letters = watch.letters()
    if not letters:
        return []
    words = TextWrapper(WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    told = [words.fill(f"  {one['stream']} {one['external_id']}: {one['reason']}") for one in letters]
    return ["", "Set aside, with the reason (an unknown status is part of the demo):", *told]


def _orders(numbers: Iterable[str]) -> str:
    return ", ".join(f"SO-{number}" for number in sorted(numbers))
