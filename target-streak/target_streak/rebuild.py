"""`target-streak --rebuild-links`: a ledger that was lost learns what Streak has, so that nothing is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_streak.needs import Needs, needs_of
from target_streak.parties import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_rest.ledger import Ledger

    from target_streak.adoption import Adopted
    from target_streak.parties import Parties
    from target_streak.scan import Scan, Texts

    Write = Callable[[str], object]

ORDER_ID = "Order ID"
SHOWN = 5


def rebuild(scan: Scan, announced: Iterable[Needs], id_field: str | None, write: Write) -> dict[str, Any]:
    """Scan everything, write a report and give what was linked. FatalRunError when Streak or the ledger fails.

    Run again after a failure it goes on where it was; what is linked stays as it is.
    """
    wanted = next((needs for needs in announced if needs.stream == "boxes"), None) or _kept(scan.ledger)
    name = id_field or next((need.name for need in wanted.fields if need.identity), ORDER_ID)
    boxes = scan.boxes(name, wanted.pipelines)
    _write_boxes(boxes, name, write)
    linked = {"boxes": len(boxes.linked)}
    for stream in MARKS:
        parties = scan.parties(stream)
        _write_parties(stream, parties, write)
        linked[stream] = parties.linked
    nameless = scan.nameless()
    if nameless.records:
        _write(write, "", f"{nameless.records:,} contacts of ours without an e-mail address are remembered by name")
        _ambiguous(write, nameless.twice, "names stand for several of them; each is taken once, the oldest first")
    texts = scan.texts()
    for stream, said in texts.items():
        _write_texts(stream, said, write)
        linked[stream] = said.texts
    if not texts:
        write("Texts:         no box that was linked has tasks, comments or meetings that were not read yet")
    return linked


def _kept(ledger: Ledger) -> Needs:
    """What the last run said of boxes, where the ledger still has it."""
    kept = ledger.bindings.get("schema", "", "boxes")
    return needs_of("boxes", msgspec.json.decode(kept)) if kept else Needs("boxes")


def _write_boxes(found: Adopted, name: str, write: Write) -> None:
    _write(write, "boxes", f"{found.ids:,} order ids in the field {name!r}: {_linked(len(found.linked), found.ids)}")
    if found.without:
        _write(write, "", f"{found.without:,} boxes without one are left alone")
    _ambiguous(write, found.twice.values(), "order ids stand in several boxes; the oldest is kept in step")


def _write_parties(stream: str, found: Parties, write: Write) -> None:
    marks = "e-mail addresses" if stream == "contacts" else "domains and names"
    told = f"{found.records:,}, known by {found.marks:,} {marks}: {_linked(found.linked, found.marks)}"
    _write(write, stream, told)
    _ambiguous(write, found.twice, f"{marks} stand in several {stream}; the oldest counts")


def _write_texts(stream: str, found: Texts, write: Write) -> None:
    told = f"{found.texts:,} on {found.boxes:,} boxes remembered: one of equal text is taken over, not made again"
    _write(write, stream, told)
    _ambiguous(write, [[key] for key in found.twice], "boxes have equal texts; each is taken over once, in their order")


def _linked(new: int, every: int) -> str:
    known = f", {every - new:,} were known" if every != new else ""
    return f"{new:,} linked now{known}"


def _ambiguous(write: Write, keys: Iterable[list[str]], what: str) -> None:
    """Tell how many and by which keys of Streak; never what people are called."""
    those = list(keys)
    if those:
        more = f" and {len(those) - SHOWN:,} more" if len(those) > SHOWN else ""
        _write(write, "", f"ambiguous: {len(those):,} {what}: {'; '.join(map(', '.join, those[:SHOWN]))}{more}")


def _write(write: Write, about: str, told: str) -> None:
    title = f"{about.capitalize()}:" if about else ""
    write(f"{title:<15}{told}")
