"""What Streak has and the ledger does not know is linked: kept in step instead of made again.

Boxes by the order id that they carry, contacts and organizations by what a record of the source will name them by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import msgspec
from singer_rest import FatalRunError, FieldRules, Intent, Ledger, Record, RecordRejected, masked
from streak_api.paging import Row

from target_streak.catalog import Catalog, found_or_none
from target_streak.connection import Connection
from target_streak.evidence import (
    ADOPTED,
    CANDIDATES,
    ELSEWHERE,
    OURS,
    READ,
    REBUILT,
    SEEN,
    UNCHANGING,
    Evidence,
)
from target_streak.team_lists import made_at, name_of, natural_keys

WHAT_TO_DO = (
    "Give each shop pipelines of its own, or keep both shops in one ledger (`ledger_url`), or let the mapping mark its"
    " boxes (`shop_mark`); see docs/several-shops.md."
)
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

    Whether they are ours indeed is seen when their records come: until then nothing is written to them.
    """
    adopted, by_id = read_boxes(team, pipelines)
    _link_oldest(team, "boxes", by_id, adopted)
    for order_id, keys in adopted.doubled.items():
        report_doubles(team.ledger, order_id, keys[1:])
    for pipeline in pipelines:
        state = ELSEWHERE if pipeline.maker else REBUILT
        team.ledger.bindings.bind(ADOPTED, pipeline.key, pipeline.field_key, state)
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
    """Which boxes exist already in one run: adopted instead of doubled, found again after a run that died.

    A box is an order's own only where more than the order's id says so (`evidence`), and never where another source of
    the ledger has linked it.
    """

    def __init__(self, team: Connection, fields: FieldRules, read: Callable[[str], Row | None]) -> None:
        """Take the rules of the boxes' properties, and what reads one box, None where it is gone."""
        self.team, self.evidence = team, Evidence(team.catalog, fields)
        self._identity, self._read = fields.identity, read
        self._lock = Lock()
        self._rows: dict[str, Row] = {}
        self._known: dict[str, Candidates] | None = None
        self.has_fits = False
        """Whether a box turned out to be an order's own: then these are our pipelines."""

    def find(self, record: Record, pipeline_key: str, intent: Intent | None) -> Row | None:
        """Find a box that was there before the ledger, or one that a dead run made."""
        team = self.team
        candidates = self.candidates()
        link = team.ledger.links.get("boxes", record.external_id)
        if link is not None and link.vendor_key:
            return None
        box = self._oldest(record, team.lists.boxes(pipeline_key)) if intent else None
        box = box or self._own(record, candidates)
        return box or (team.cut_over.find(record, partial(self._fits, record)) if team.cut_over else None)

    def latest(self, record: Record, pipeline_key: str) -> Row | None:
        """Find a box made a moment ago, among the newest."""
        return self._oldest(record, self.team.lists.latest_boxes(pipeline_key))

    def is_of(self, record: Record, box: Row) -> bool:
        """Whether a box that was linked by the order's id alone is the record's; see `_own` for what is raised."""
        if self._fits(record, box):
            return True
        others = [other for other in self.of_order(record, self.candidates()) if other["key"] != box["key"]]
        if not any((self.evidence.of_box(record, other) or 0) > 0 for other in others):
            self._refuse(record, [box], self.candidates())
        return False

    def candidates(self) -> dict[str, Candidates]:
        """The boxes that may be ours by pipeline; those of a pipeline that is new to the ledger are read."""
        with self._lock:
            if self._known is None:
                team = self.team
                pipelines = order_pipelines(team.catalog)
                if new := [each for each in pipelines if not is_read(team.ledger, each)]:
                    _, rows = read_boxes(team, new)
                    self._rows |= {str(row["key"]): row for boxes in rows.values() for row in boxes}
                self._known = {each.key: Candidates.of(team.ledger, each) for each in pipelines}
            return self._known

    def forget(self) -> None:
        """Look again which pipelines carry order ids: fields were made."""
        with self._lock:
            self._known = None

    def of_order(self, record: Record, candidates: Mapping[str, Candidates]) -> list[Row]:
        """The boxes that carry the record's order id, the oldest first; none that belongs to somebody else."""
        order_id = str(record.values.get(str(self._identity)) or record.external_id)
        keys = [key for known in candidates.values() for key in known.keys.get(order_id, ())]
        rows = (self._row(key) for key in keys if not is_anothers(self.team.ledger, record.external_id, key))
        return sorted(filter(None, rows), key=made_at)

    def refusal(self, record: Record, box: Row) -> str:
        """Say that boxes belong to another shop: in which pipeline, an example, and what to do."""
        pipeline = self.team.catalog.containers.get(str(box["pipelineKey"]))
        field = self.evidence.differing(record, box)
        why = f"its {field!r} is not the order's" if field else "its name is not the order's"
        return (
            f"these boxes belong to another shop: in pipeline {pipeline.name if pipeline else box['pipelineKey']!r},"
            f" box {box['key']} carries the order id {masked(record.external_id)!r}, but {why}. {WHAT_TO_DO}"
        )

    def _own(self, record: Record, candidates: Mapping[str, Candidates]) -> Row | None:
        """The box among the candidates that is the record's.

        Raises FatalRunError where the pipeline belongs to another shop, RecordRejected where only this box does.
        """
        boxes = self.of_order(record, candidates)
        if not boxes:
            return None
        points = {str(box["key"]): self.evidence.of_box(record, box) for box in boxes}
        fitting = [box for box in boxes if (points[str(box["key"])] or 0) > 0]
        named = [box for box in boxes if candidates[str(box["pipelineKey"])].is_named]
        fitting = fitting or [box for box in named if self._fits(record, box)]
        if not fitting:
            self._refuse(record, named, candidates)
            return None
        if len(fitting) > 1:
            report_doubles(self.team.ledger, record.external_id, _keys(fitting[1:]))
        return fitting[0]

    def _refuse(self, record: Record, boxes: Sequence[Row], candidates: Mapping[str, Candidates]) -> None:
        """Raise for boxes where the mapping makes its own, unless the mapping tells shops apart by a mark."""
        named = [box for box in boxes if (known := candidates.get(str(box["pipelineKey"]))) and known.is_named]
        if not named or self.evidence.mark:
            return
        text = self.refusal(record, named[0])
        if not self.has_fits and candidates[str(named[0]["pipelineKey"])].state not in {SEEN, OURS}:
            raise FatalRunError(text)
        raise RecordRejected(text, code="another_shop")

    def _fits(self, record: Record, box: Row) -> bool:
        """Whether a box may be the record's; in a pipeline that is known to be ours, people may have edited much."""
        points = self.evidence.of_box(record, box)
        known = self._known.get(str(box["pipelineKey"])) if self._known else None
        is_ours = known is not None and known.state == OURS and known.is_named
        return points is None or points > (-UNCHANGING if is_ours else 0)

    def _row(self, key: str) -> Row | None:
        if key not in self._rows and (row := self._read(key)):
            self._rows[key] = row
        return self._rows.get(key)

    def _oldest(self, record: Record, boxes: Iterable[Row]) -> Row | None:
        fitting = [box for box in boxes if self._is(record, box)]
        if len(fitting) > 1:
            report_doubles(self.team.ledger, record.external_id, _keys(reversed(fitting[1:])))
        return fitting[0] if fitting else None

    def _is(self, record: Record, box: Row) -> bool:
        """Whether the box is this record's: same order id; without one in it the name, made by us and nobody else's."""
        team = self.team
        if is_anothers(team.ledger, record.external_id, str(box["key"])):
            return False
        field_key = team.catalog.order_id_field(str(box["pipelineKey"]))
        order_id = (box.get("fields") or {}).get(field_key) if field_key else None
        if order_id:
            points = self.evidence.of_box(record, box)
            return str(order_id) == str(record.values.get(str(self._identity))) and (points is None or points > 0)
        return bool(
            box.get("creatorKey") == team.account.me.get("key") and box.get("name") == record.values.get("name")
        )


@dataclass(slots=True)
class Candidates:
    """The boxes of a pipeline that may be of our orders, by order id; kept in the ledger.

    `is_named`: the mapping makes boxes there. `state`: how far they are known.
    """

    field_key: str
    is_named: bool
    state: str
    keys: dict[str, list[str]]

    @classmethod
    def of(cls, ledger: Ledger, pipeline: OrderPipeline) -> Candidates:
        """Read them from the ledger; one of an earlier version had linked them all."""
        text = ledger.bindings.get(CANDIDATES, pipeline.key, pipeline.field_key)
        state = ledger.bindings.get(ADOPTED, pipeline.key, pipeline.field_key) if text else OURS
        keys = msgspec.json.decode(text) if text else {}
        return cls(pipeline.field_key, pipeline.maker is None, str(state), keys)

    def release(self, ledger: Ledger) -> None:
        """Forget the links by order id alone: the boxes are another shop's."""
        links = ((name, ledger.links.get("boxes", name)) for name in self.keys)
        linked = [name for name, link in links if link and link.vendor_key in self.keys[name]]
        alone = [name for name in linked if not ledger.links.contents("boxes", name)]
        ledger.links.release("boxes", alone, "these boxes belong to another shop")


def is_read(ledger: Ledger, pipeline: OrderPipeline) -> bool:
    """Whether the boxes of a pipeline were read for this ledger."""
    return ledger.bindings.get(ADOPTED, pipeline.key, pipeline.field_key) is not None


def is_anothers(ledger: Ledger, external_id: str, box_key: str) -> bool:
    """Whether a box is linked: to another order, or by another source of this ledger."""
    if ledger.neighbours.source_of("boxes", box_key):
        return True
    return any(link.external_id != external_id for link in ledger.links.to_key("boxes", box_key))


def read_boxes(team: Connection, pipelines: Sequence[OrderPipeline]) -> tuple[Adopted, dict[str, list[Row]]]:
    """Read the boxes of pipelines and keep which may be ours: by the order id on them, none that others have linked.

    Those where the mapping makes boxes come before all others.
    """
    adopted, by_id = Adopted(), dict[str, list[Row]]()
    theirs, linked = team.ledger.neighbours.keys("boxes"), team.ledger.links.keys("boxes")
    for pipeline in sorted(pipelines, key=lambda pipeline: pipeline.maker is not None):
        rows, keys = team.lists.boxes(pipeline.key), dict[str, list[str]]()
        for box in rows:
            order_id, key = (box.get("fields") or {}).get(pipeline.field_key), str(box["key"])
            if not order_id:
                adopted.without += 1
                continue
            is_free = key not in theirs and linked.get(key, {str(order_id)}) == {str(order_id)}
            if is_free and pipeline.maker in {None, box.get("creatorKey")}:
                by_id.setdefault(str(order_id), []).append(box)
                keys.setdefault(str(order_id), []).append(key)
        adopted.records += len(rows)
        if adopted.records >= STEP:
            team.log(f"{adopted.records:,} boxes read")
        # before any link, so that no run takes a linked box for an empty one
        new = {key for known in keys.values() for key in known} - linked.keys()
        team.dedupe.note([box for box in rows if str(box["key"]) in new])
        if keys:
            text = msgspec.json.encode(keys).decode()
            team.ledger.bindings.bind(CANDIDATES, pipeline.key, pipeline.field_key, text)
        team.ledger.bindings.bind(ADOPTED, pipeline.key, pipeline.field_key, READ)
    return adopted, by_id


def _link_oldest(team: Connection, stream: str, by_name: dict[str, list[Row]], adopted: Adopted) -> Adopted:
    links = team.ledger.links
    new = {name: rows[0] for name, rows in by_name.items() if links.get(stream, name) is None}
    adopted.names, adopted.doubled = len(by_name), _doubled(by_name)
    adopted.linked = {name: str(row["key"]) for name, row in new.items()}
    link_all(team, stream, adopted.linked)
    return adopted


def link_all(team: Connection, stream: str, keys: Mapping[str, str]) -> None:
    """Link external ids to what was there before."""
    items = list(keys.items())
    for first in range(0, len(items), LINKS_AT_ONCE):
        team.ledger.links.adopt(stream, dict(items[first : first + LINKS_AT_ONCE]), LINK_NOTE)


def _doubled(by_name: dict[str, list[Row]]) -> dict[str, list[str]]:
    return {name: _keys(rows) for name, rows in by_name.items() if len(rows) > 1}


def _keys(rows: Iterable[Row]) -> list[str]:
    return [str(row["key"]) for row in rows]
