"""`target-streak rebuild-links`: a ledger that was lost learns what Streak has, so that nothing is made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from singer_rest import FatalRunError, Ledger
from streak_api.errors import stopping
from streak_api.names import listed, nearest

from target_streak.adoption import (
    LINK_KEYS,
    AdoptedBoxes,
    AdoptedParties,
    adopt_boxes,
    adopt_parties,
    pipelines_with,
    remember_nameless,
)
from target_streak.connection import Connection
from target_streak.requirements import Requirements, requirements_of

Write = Callable[[str], object]

ORDER_ID = "Order ID"
SHOWN = 5
STEP = 100


@dataclass(slots=True)
class Texts:
    """What is on boxes of one stream: boxes read, texts, boxes that have a text more than once."""

    boxes: int = 0
    texts: int = 0
    doubled: list[str] = field(default_factory=list)


def rebuild(
    connection: Connection, schemas: Iterable[Requirements], id_field: str | None, write: Write
) -> dict[str, Any]:
    """Read everything, write a report and give what was linked. FatalRunError when Streak or the ledger fails.

    Run again after a failure it goes on where it was; what is linked stays as it is.
    """
    ledger = connection.ledger
    required = next((schema for schema in schemas if schema.stream == "boxes"), None) or _of_last_run(ledger)
    name = id_field or required.identity or ORDER_ID
    boxes = _adopt_boxes(connection, name, required.pipelines)
    _write_boxes(boxes, name, write)
    linked = {"boxes": len(boxes.linked)}
    for stream in LINK_KEYS:
        connection.log(f"reading the {stream}")
        with stopping(f"the list of {stream}"):
            parties = adopt_parties(connection.lists, ledger, stream)
        _write_parties(stream, parties, write)
        linked[stream] = parties.linked
    with stopping("the list of contacts"):
        nameless = remember_nameless(connection.lists, ledger, connection.account.user_key)
    if nameless.records:
        _write(write, "", f"{nameless.records:,} contacts of ours without an e-mail address are remembered by name")
        _ambiguous(write, nameless.doubled, "names stand for several of them; each is taken once, the oldest first")
    remembered = _remember_texts(connection)
    for stream, texts in remembered.items():
        _write_texts(stream, texts, write)
        linked[stream] = texts.texts
    if not remembered:
        write("Texts:         no box that was linked has tasks, comments or meetings that were not read yet")
    return linked


def _of_last_run(ledger: Ledger) -> Requirements:
    """What the last run required of boxes, where the ledger still has it."""
    kept = ledger.bindings.get("schema", "", "boxes")
    return requirements_of("boxes", msgspec.json.decode(kept)) if kept else Requirements("boxes")


def _adopt_boxes(connection: Connection, id_field: str, names: Iterable[str]) -> AdoptedBoxes:
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
        return adopt_boxes(connection.lists, connection.ledger, connection.dedupe, pipelines, connection.log)


def _remember_texts(connection: Connection) -> dict[str, Texts]:
    """Remember what is on the boxes that were linked without being read, one call each."""
    remembered: dict[str, Texts] = {}
    dedupe = connection.dedupe
    unread = [(stream, key) for stream, key in dedupe.noted() if not dedupe.is_remembered(stream, key)]
    for number, (stream, box_key) in enumerate(unread, 1):
        if number % STEP == 1:
            connection.log(f"reading tasks, comments and meetings: {number - 1:,} of {len(unread):,} lists")
        with stopping(f"the {stream} of box {box_key}"):
            effects = connection.lists.effects(stream, box_key)
        texts = remembered.setdefault(stream, Texts())
        texts.boxes, texts.texts = texts.boxes + 1, texts.texts + len(effects)
        if dedupe.remember(stream, box_key, effects):
            texts.doubled.append(box_key)
    return remembered


def _write_boxes(adopted: AdoptedBoxes, name: str, write: Write) -> None:
    _write(
        write, "boxes", f"{adopted.ids:,} order ids in the field {name!r}: {_linked(len(adopted.linked), adopted.ids)}"
    )
    if adopted.without:
        _write(write, "", f"{adopted.without:,} boxes without one are left alone")
    _ambiguous(write, adopted.doubled.values(), "order ids stand in several boxes; the oldest is kept in step")


def _write_parties(stream: str, adopted: AdoptedParties, write: Write) -> None:
    names = "e-mail addresses" if stream == "contacts" else "domains and names"
    linked = _linked(adopted.linked, adopted.names)
    _write(write, stream, f"{adopted.records:,}, known by {adopted.names:,} {names}: {linked}")
    _ambiguous(write, adopted.doubled, f"{names} stand in several {stream}; the oldest counts")


def _write_texts(stream: str, texts: Texts, write: Write) -> None:
    kept = "remembered: one of equal text is taken over, not made again"
    _write(write, stream, f"{texts.texts:,} on {texts.boxes:,} boxes {kept}")
    _ambiguous(
        write, [[key] for key in texts.doubled], "boxes have equal texts; each is taken over once, in their order"
    )


def _linked(new: int, every: int) -> str:
    known = f", {every - new:,} were known" if every != new else ""
    return f"{new:,} linked now{known}"


def _ambiguous(write: Write, keys: Iterable[list[str]], what: str) -> None:
    """Write how many and by which keys of Streak; never what people are called."""
    groups = list(keys)
    if groups:
        more = f" and {len(groups) - SHOWN:,} more" if len(groups) > SHOWN else ""
        shown = "; ".join(map(", ".join, groups[:SHOWN]))
        _write(write, "", f"ambiguous: {len(groups):,} {what}: {shown}{more}")


def _write(write: Write, about: str, text: str) -> None:
    title = f"{about.capitalize()}:" if about else ""
    write(f"{title:<15}{text}")
