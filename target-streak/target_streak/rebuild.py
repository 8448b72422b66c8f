"""`target-streak rebuild-links`: a ledger that was lost learns what Streak has, so that nothing is made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from singer_rest import FatalRunError, Ledger
from streak_api.errors import stopping
from streak_api.names import listed, nearest

from target_streak.adoption import LINK_KEYS, Adopted, adopt_boxes, adopt_parties, pipelines_with, remember_nameless
from target_streak.connection import Connection
from target_streak.requirements import Requirements, requirements_of

Write = Callable[[str], object]

ORDER_ID = "Order ID"
SHOWN = 5
STEP = 100


def rebuild(
    connection: Connection, schemas: Iterable[Requirements], id_field: str | None, write: Write
) -> dict[str, Any]:
    """Read everything, write a report and give what was linked. FatalRunError when Streak or the ledger fails.

    Run again after a failure it goes on where it was; what is linked stays as it is.
    """
    required = next((schema for schema in schemas if schema.stream == "boxes"), None) or _of_last_run(connection.ledger)
    field = id_field or required.identity or ORDER_ID
    boxes = _adopt_boxes(connection, field, required.pipelines)
    _report(write, "boxes", f"{boxes.names:,} order ids in the field {field!r}: {_linked(boxes)}")
    if boxes.without:
        _report(write, "", f"{boxes.without:,} boxes without one are left alone")
    _ambiguous(write, boxes, "order ids stand in several boxes; the oldest is kept in step")
    linked = {"boxes": len(boxes.linked)}
    for stream in LINK_KEYS:
        connection.log(f"reading the {stream}")
        with stopping(f"the list of {stream}"):
            parties = adopt_parties(connection, stream)
        names = "e-mail addresses" if stream == "contacts" else "domains and names"
        _report(write, stream, f"{parties.records:,}, known by {parties.names:,} {names}: {_linked(parties)}")
        _ambiguous(write, parties, f"{names} stand in several {stream}; the oldest counts")
        linked[stream] = len(parties.linked)
    with stopping("the list of contacts"):
        nameless = remember_nameless(connection)
    if nameless.records:
        _report(write, "", f"{nameless.records:,} contacts of ours without an e-mail address are remembered by name")
        _ambiguous(write, nameless, "names stand for several of them; each is taken once, the oldest first")
    remembered = _remember_texts(connection)
    for stream, texts in remembered.items():
        kept = "remembered: one of equal text is taken over, not made again"
        _report(write, stream, f"{texts.names:,} on {texts.records:,} boxes {kept}")
        _ambiguous(write, texts, "boxes have equal texts; each is taken over once, in their order")
        linked[stream] = texts.names
    if not remembered:
        write("Texts:         no box that was linked has tasks, comments or meetings that were not read yet")
    return linked


def _of_last_run(ledger: Ledger) -> Requirements:
    """What the last run required of boxes, where the ledger still has it."""
    kept = ledger.bindings.get("schema", "", "boxes")
    return requirements_of("boxes", msgspec.json.decode(kept)) if kept else Requirements("boxes")


def _adopt_boxes(connection: Connection, id_field: str, names: Iterable[str]) -> Adopted:
    """Link boxes by order id. FatalRunError when no pipeline has that field."""
    catalog = connection.catalog
    pipelines = pipelines_with(catalog, id_field, names)
    if not pipelines:
        fields = {known.name for pipeline in catalog.pipelines for known in pipeline.fields}
        raise FatalRunError(
            f"no pipeline has a field {id_field!r}{nearest(id_field, fields)} that tells which order a box is of: "
            f"name it with --id-field, or pipe the mapping's SCHEMAs in (there are {listed(sorted(fields))})"
        )
    connection.log(f"reading the boxes of {len(pipelines)} pipelines")
    with stopping("the list of boxes"):
        return adopt_boxes(connection, pipelines)


def _remember_texts(connection: Connection) -> dict[str, Adopted]:
    """Remember what is on the boxes that were linked without being read, one call each: boxes and texts by stream."""
    remembered: dict[str, Adopted] = {}
    dedupe = connection.dedupe
    unread = [(stream, key) for stream, key in dedupe.noted() if not dedupe.is_remembered(stream, key)]
    for number, (stream, box_key) in enumerate(unread, 1):
        if number % STEP == 1:
            connection.log(f"reading tasks, comments and meetings: {number - 1:,} of {len(unread):,} lists")
        with stopping(f"the {stream} of box {box_key}"):
            effects = connection.lists.effects(stream, box_key)
        texts = remembered.setdefault(stream, Adopted())
        texts.records, texts.names = texts.records + 1, texts.names + len(effects)
        if dedupe.remember(stream, box_key, effects):
            texts.doubled[box_key] = [box_key]
    return remembered


def _linked(adopted: Adopted) -> str:
    new, every = len(adopted.linked), adopted.names
    known = f", {every - new:,} were known" if every != new else ""
    return f"{new:,} linked now{known}"


def _ambiguous(write: Write, adopted: Adopted, what: str) -> None:
    """Write how many and by which keys of Streak; never what people are called."""
    if groups := list(adopted.doubled.values()):
        more = f" and {len(groups) - SHOWN:,} more" if len(groups) > SHOWN else ""
        shown = "; ".join(map(", ".join, groups[:SHOWN]))
        _report(write, "", f"ambiguous: {len(groups):,} {what}: {shown}{more}")


def _report(write: Write, about: str, text: str) -> None:
    title = f"{about.capitalize()}:" if about else ""
    write(f"{title:<15}{text}")
