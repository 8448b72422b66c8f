"""What Streak has and the ledger does not know is linked: kept in step instead of made again.

Boxes by the order id that they carry, contacts and organizations by what a record of the source will name them by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
from singer_rest import Ledger
from streak_api.paging import Row

from target_streak.catalog import Catalog, found_or_none
from target_streak.dedupe_index import DedupeIndex
from target_streak.team_lists import TeamLists, name_of, natural_keys

ADOPTED = "adopted"
NAMELESS = "without e-mail"
LINK_KEYS = {"contacts": ("email:",), "organizations": ("domain:", "name:")}
LINK_NOTE = "was there before"
STEP = 1000
LINKS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class OrderPipeline:
    """A pipeline and its field of the order id; where the mapping makes no boxes, only those of `maker` count."""

    key: str
    field_key: str
    maker: str | None = None


@dataclass(slots=True)
class AdoptedBoxes:
    """The boxes by order id that were linked now; the number of ids, those on several boxes, boxes without one."""

    linked: dict[str, Row] = field(default_factory=dict)
    ids: int = 0
    doubled: dict[str, list[str]] = field(default_factory=dict)
    without: int = 0


@dataclass(slots=True)
class AdoptedParties:
    """Records read, natural keys linked now and in all, the Streak keys that share a natural key."""

    records: int = 0
    names: int = 0
    linked: int = 0
    doubled: list[list[str]] = field(default_factory=list)


def order_pipelines(catalog: Catalog) -> list[OrderPipeline]:
    """Every pipeline with the field of the order id: boxes that people moved are found there too."""
    boxes = catalog.required.get("boxes")
    return pipelines_with(catalog, boxes.identity, boxes.pipelines) if boxes and boxes.identity else []


def pipelines_with(catalog: Catalog, id_field: str, names: Iterable[str]) -> list[OrderPipeline]:
    """Every pipeline that has the field; `names` are those where the mapping makes boxes (none: all)."""
    named = (found_or_none(partial(catalog.find_pipeline, name)) for name in names)
    ours = {pipeline.key for pipeline in named if pipeline}
    fields = ((pipeline.key, catalog.field_or_none(pipeline.key, id_field)) for pipeline in catalog.pipelines)
    maker = catalog.account.user_key
    return [OrderPipeline(key, field.key, None if key in ours or not ours else maker) for key, field in fields if field]


def adopt_boxes(
    lists: TeamLists,
    ledger: Ledger,
    dedupe: DedupeIndex,
    pipelines: Sequence[OrderPipeline],
    log: Callable[[str], object],
) -> AdoptedBoxes:
    """Link the oldest box of each order id that the ledger does not know, noting what is on it already."""
    adopted = AdoptedBoxes()
    boxes = _by_order_id(lists, pipelines, adopted, log)
    adopted.ids = len(boxes)
    adopted.doubled = {name: [str(box["key"]) for box in those] for name, those in boxes.items() if len(those) > 1}
    adopted.linked = {name: those[0] for name, those in boxes.items() if ledger.links.get("boxes", name) is None}
    # before its link, so that no run takes a linked box for an empty one
    dedupe.note(adopted.linked.values())
    ledger.links.adopt("boxes", {name: str(box["key"]) for name, box in adopted.linked.items()}, LINK_NOTE)
    for name, keys in adopted.doubled.items():
        report_doubles(ledger, name, keys[1:])
    for pipeline in pipelines:
        ledger.bindings.bind(ADOPTED, pipeline.key, pipeline.field_key, "read")
    return adopted


def is_adopted(ledger: Ledger, pipeline: OrderPipeline) -> bool:
    """Whether the boxes of a pipeline were adopted in an earlier run."""
    return ledger.bindings.get(ADOPTED, pipeline.key, pipeline.field_key) is not None


def report_doubles(ledger: Ledger, order_id: str, others: Sequence[str]) -> None:
    """Keep for a person that more boxes than one carry an order id."""
    ledger.dead_letters.keep(
        stream="boxes",
        external_id=order_id,
        flow="(twice)",
        kind="conflict",
        reason="two boxes carry this id, the oldest is kept in step; "
        f"box {', '.join(others)} is for a person to look at",
        code="twice",
        record={"externalId": order_id, "key": others[0]},
    )


def adopt_parties(lists: TeamLists, ledger: Ledger, stream: str) -> AdoptedParties:
    """Link every natural key that the ledger does not know to the oldest contact or organization that has it."""
    adopted, by_name = AdoptedParties(), dict[str, list[str]]()
    for party in lists.parties(stream):
        adopted.records += 1
        for name in dict.fromkeys(natural_keys(stream, party)):
            if name.startswith(LINK_KEYS[stream]):
                by_name.setdefault(name, []).append(str(party["key"]))
    adopted.names = len(by_name)
    adopted.doubled = [keys for keys in by_name.values() if len(keys) > 1]
    new = [(name, keys[0]) for name, keys in by_name.items() if ledger.links.get(stream, name) is None]
    for first in range(0, len(new), LINKS_AT_ONCE):
        ledger.links.adopt(stream, dict(new[first : first + LINKS_AT_ONCE]), LINK_NOTE)
    adopted.linked = len(new)
    return adopted


def remember_nameless(lists: TeamLists, ledger: Ledger, maker: str) -> AdoptedParties:
    """Remember the contacts without e-mail that we made: a record without one takes the first of its name."""
    adopted, by_name = AdoptedParties(), dict[str, list[str]]()
    for contact in lists.parties("contacts"):
        if not contact.get("emailAddresses") and contact.get("creatorKey") == maker:
            adopted.records += 1
            by_name.setdefault(name_of(contact), []).append(str(contact["key"]))
    for name, keys in by_name.items():
        ledger.bindings.bind(NAMELESS, "contacts", name, msgspec.json.encode(keys).decode())
    adopted.doubled = [keys for keys in by_name.values() if len(keys) > 1]
    return adopted


def nameless_keys(ledger: Ledger, name: str) -> list[str]:
    """The keys of the contacts that were remembered by name, the oldest first."""
    text = ledger.bindings.get(NAMELESS, "contacts", name)
    return list(msgspec.json.decode(text)) if text else []


def _by_order_id(
    lists: TeamLists, pipelines: Iterable[OrderPipeline], adopted: AdoptedBoxes, log: Callable[[str], object]
) -> dict[str, list[Row]]:
    """The boxes of each order id, the oldest first; those where the mapping makes boxes before all others."""
    boxes: dict[str, list[Row]] = {}
    read = 0
    for pipeline in sorted(pipelines, key=lambda pipeline: pipeline.maker is not None):
        rows = lists.boxes(pipeline.key)
        for box in rows:
            order_id = (box.get("fields") or {}).get(pipeline.field_key)
            if not order_id:
                adopted.without += 1
            elif pipeline.maker in {None, box.get("creatorKey")}:
                boxes.setdefault(str(order_id), []).append(box)
        read += len(rows)
        if read >= STEP:
            log(f"{read:,} boxes read")
    return boxes
