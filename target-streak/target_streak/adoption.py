"""What Streak has and the ledger does not know is linked: kept in step instead of made again.

Boxes by the order id that they carry, contacts and organizations by what a record of the source will name them by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import msgspec
from singer_rest import Intent, Ledger, Record
from streak_api.paging import Row

from target_streak.catalog import Catalog, found_or_none
from target_streak.connection import Connection
from target_streak.team_lists import name_of, natural_keys

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
class Adopted:
    """What was read: records by name, which is an order id or a natural key; those of several records are doubled."""

    records: int = 0
    names: int = 0
    linked: dict[str, str] = field(default_factory=dict)
    """The Streak keys that were linked now, by name."""
    doubled: dict[str, list[str]] = field(default_factory=dict)
    without: int = 0
    """Records without a name."""


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


def adopt_boxes(team: Connection, pipelines: Sequence[OrderPipeline]) -> Adopted:
    """Link the oldest box of each order id that the ledger does not know, noting what is on it already.

    Those where the mapping makes boxes come before all others.
    """
    adopted, by_id = Adopted(), dict[str, list[Row]]()
    for pipeline in sorted(pipelines, key=lambda pipeline: pipeline.maker is not None):
        rows = team.lists.boxes(pipeline.key)
        for box in rows:
            order_id = (box.get("fields") or {}).get(pipeline.field_key)
            if not order_id:
                adopted.without += 1
            elif pipeline.maker in {None, box.get("creatorKey")}:
                by_id.setdefault(str(order_id), []).append(box)
        adopted.records += len(rows)
        if adopted.records >= STEP:
            team.log(f"{adopted.records:,} boxes read")
    _link_oldest(team, "boxes", by_id, adopted)
    for order_id, keys in adopted.doubled.items():
        report_doubles(team.ledger, order_id, keys[1:])
    for pipeline in pipelines:
        team.ledger.bindings.bind(ADOPTED, pipeline.key, pipeline.field_key, "read")
    return adopted


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


def adopt_parties(team: Connection, stream: str) -> Adopted:
    """Link every natural key that the ledger does not know to the oldest contact or organization that has it."""
    adopted, by_name = Adopted(), dict[str, list[Row]]()
    for party in team.lists.parties(stream):
        adopted.records += 1
        for name in dict.fromkeys(natural_keys(stream, party)):
            if name.startswith(LINK_KEYS[stream]):
                by_name.setdefault(name, []).append(party)
    return _link_oldest(team, stream, by_name, adopted)


def remember_nameless(team: Connection) -> Adopted:
    """Remember the contacts without e-mail that we made: a record without one takes the first of its name."""
    adopted, by_name = Adopted(), dict[str, list[Row]]()
    for contact in team.lists.parties("contacts"):
        if not contact.get("emailAddresses") and contact.get("creatorKey") == team.account.user_key:
            adopted.records += 1
            by_name.setdefault(name_of(contact), []).append(contact)
    for name, contacts in by_name.items():
        team.ledger.bindings.bind(NAMELESS, "contacts", name, msgspec.json.encode(_keys(contacts)).decode())
    adopted.doubled = _doubled(by_name)
    return adopted


def nameless_keys(ledger: Ledger, name: str) -> list[str]:
    """The keys of the contacts that were remembered by name, the oldest first."""
    text = ledger.bindings.get(NAMELESS, "contacts", name)
    return list(msgspec.json.decode(text)) if text else []


class PipelineBoxes:
    """Which boxes exist already in one run: adopted instead of doubled, found again after a run that died."""

    def __init__(self, team: Connection, identity: str | None) -> None:
        """Take the record's property that carries the order id as `identity`."""
        self._team, self._identity = team, identity
        self._lock = Lock()
        self._adopted: set[str] = set()

    def find(self, record: Record, pipeline_key: str, intent: Intent | None) -> Row | None:
        """Find a box that was there before the ledger, or one that a dead run made."""
        team = self._team
        if pipeline_key not in self._adopted:
            self._adopt(pipeline_key)
        link = team.ledger.links.get("boxes", record.external_id)
        if link is not None and link.vendor_key:
            return None
        box = self._oldest(record, team.lists.boxes(pipeline_key)) if intent else None
        return box or (team.cut_over.find(record) if team.cut_over else None)

    def latest(self, record: Record, pipeline_key: str) -> Row | None:
        """Find a box made a moment ago, among the newest."""
        return self._oldest(record, self._team.lists.latest_boxes(pipeline_key))

    def _adopt(self, pipeline_key: str) -> None:
        """Link every box that carries an order id, where people moved it too: once for this ledger."""
        team = self._team
        with self._lock:
            if pipeline_key in self._adopted:
                return
            binding = team.ledger.bindings.get
            pipelines = order_pipelines(team.catalog)
            new = [each for each in pipelines if binding(ADOPTED, each.key, each.field_key) is None]
            if new and (linked := adopt_boxes(team, new).linked):
                kept = "would be kept in step from then on" if team.dry_run else "are kept in step from now on"
                team.log(f"{len(linked):,} boxes that were there already {kept}")
            self._adopted.add(pipeline_key)

    def _oldest(self, record: Record, boxes: Iterable[Row]) -> Row | None:
        fitting = [box for box in boxes if self._is(record, box)]
        if len(fitting) > 1:
            report_doubles(self._team.ledger, record.external_id, _keys(reversed(fitting[1:])))
        return fitting[0] if fitting else None

    def _is(self, record: Record, box: Row) -> bool:
        """Whether the box is this record's: same order id; without one in it the name, made by us and nobody else's."""
        team = self._team
        field_key = team.catalog.order_id_field(str(box["pipelineKey"]))
        order_id = (box.get("fields") or {}).get(field_key) if field_key else None
        if order_id:
            return str(order_id) == str(record.values.get(str(self._identity)))
        ours = box.get("creatorKey") == team.account.me.get("key") and box.get("name") == record.values.get("name")
        return ours and not team.ledger.links.to_key("boxes", str(box["key"]))


def _link_oldest(team: Connection, stream: str, by_name: dict[str, list[Row]], adopted: Adopted) -> Adopted:
    links = team.ledger.links
    new = {name: rows[0] for name, rows in by_name.items() if links.get(stream, name) is None}
    if stream == "boxes":  # before its link, so that no run takes a linked box for an empty one
        team.dedupe.note(new.values())
    adopted.names, adopted.doubled = len(by_name), _doubled(by_name)
    adopted.linked = {name: str(row["key"]) for name, row in new.items()}
    items = list(adopted.linked.items())
    for first in range(0, len(items), LINKS_AT_ONCE):
        links.adopt(stream, dict(items[first : first + LINKS_AT_ONCE]), LINK_NOTE)
    return adopted


def _doubled(by_name: dict[str, list[Row]]) -> dict[str, list[str]]:
    return {name: _keys(rows) for name, rows in by_name.items() if len(rows) > 1}


def _keys(rows: Iterable[Row]) -> list[str]:
    return [str(row["key"]) for row in rows]
