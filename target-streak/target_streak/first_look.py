"""Before the first write: some orders are compared with the boxes that are there and that the ledger does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from singer_rest import FatalRunError, Record
from streak_api.paging import Row

from target_streak.adoption import Candidates, PipelineBoxes, link_all
from target_streak.connection import Connection
from target_streak.evidence import ADOPTED, OURS, SEEN, values_of

ENOUGH = 20


class FirstLook:
    """Holds a run back until some of its records were compared with the boxes that the ledger does not know.

    A ledger that knows the source under another name (or under none) is looked at in the same way.
    """

    def __init__(self, boxes: PipelineBoxes, then: Callable[[], None]) -> None:
        """Take what is to be done first when the run may go on."""
        self._boxes, self._candidates, self._then = boxes, boxes.candidates(), then
        self._scope = boxes.team.ledger.scope
        self._fitting, self._misfits = Counter[str](), dict[str, list[tuple[Record, Row]]]()
        ledger = boxes.team.ledger
        self._is_new = not ledger.links.keys("boxes") and bool(ledger.neighbours.keys("boxes"))
        self._known, self._unknown, self._looked_at = 0, 0, 0
        self._equal, self._different = set[str](), 0

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to be compared with."""
        unknown = any(known.keys and known.state not in {SEEN, OURS} for known in self._named.values())
        return unknown or self._is_new or not self._scope.is_sure

    @property
    def _named(self) -> dict[str, Candidates]:
        return {key: known for key, known in self._candidates.items() if known.is_named}

    def see(self, record: Record) -> bool:
        """Compare a record with the boxes of its order id, and with what the ledger remembers; 20 are enough."""
        evidence = self._boxes.evidence
        boxes = [(box, evidence.of_box(record, box)) for box in self._boxes.of_order(record, self._named)]
        looked = [(box, points) for box, points in boxes if points is not None]
        if fitting := [box for box, points in looked if points > 0]:
            self._fitting[str(fitting[0]["pipelineKey"])] += 1
        elif looked and not evidence.mark:
            self._misfits.setdefault(str(looked[0][0]["pipelineKey"]), []).append((record, looked[0][0]))
        points = None
        if not self._scope.is_sure:
            contents = self._boxes.team.ledger.links.contents("boxes", record.external_id)
            points = evidence.of_values(record, values_of(contents)) if contents else None
            self._known += points is not None and points > 0
            self._unknown += points is not None and points <= 0
        theirs = self._boxes.team.ledger.neighbours.hashes("boxes", record.external_id) if self._is_new else {}
        equal = {source for source, digest in theirs.items() if digest == record.hash}
        self._equal |= equal
        self._different += bool(theirs) and not equal
        self._looked_at += bool(looked) or points is not None or bool(theirs)
        return self._looked_at >= ENOUGH

    def decide(self) -> None:
        """Take over the boxes of the pipelines that are ours. FatalRunError for one that belongs to another shop."""
        if self._unknown > self._known:
            raise FatalRunError(
                f"these boxes belong to another shop: what the ledger knows as {self._scope.known_as!r} are other"
                f" orders than those of {self._scope.source}. Run the shop first whose they are, or set `source`"
            )
        if self._equal and not self._different:
            old, new = min(self._equal), self._scope.source
            self._boxes.team.log(
                f"the orders of {new} are, word for word, those that {old} brought into this ledger; they get boxes of"
                f" their own. Is that only the shop's address of before? Then `target-streak renamed {old} {new}` first"
            )
        for pipeline, misfits in self._misfits.items():
            if len(misfits) > self._fitting[pipeline]:
                self._candidates[pipeline].release(self._boxes.team.ledger)
                raise FatalRunError(f"{self._boxes.refusal(*misfits[0])} Nothing was written.")
        if self._fitting:
            self._take_over()
        self._then()

    def _take_over(self) -> None:
        team, marks = self._boxes.team, self._boxes.evidence.mark is not None
        self._boxes.has_fits = True
        team.unsure_boxes = set()
        for pipeline_key, known in self._candidates.items():
            if known.state != OURS:
                known.state = OURS if self._fitting[pipeline_key] else SEEN
                team.ledger.bindings.bind(ADOPTED, pipeline_key, known.field_key, known.state)
                if known.state == OURS and not marks:
                    take_over(team, known)


def take_over(team: Connection, known: Candidates) -> None:
    """Link the boxes of a pipeline that turned out to be ours; of several with one id, their records decide."""
    single = {order_id: keys[0] for order_id, keys in known.keys.items() if len(keys) == 1}
    new = {name: key for name, key in single.items() if team.ledger.links.get("boxes", name) is None}
    if new:
        kept = "would be kept in step from then on" if team.dry_run else "are kept in step from now on"
        team.log(f"{len(new):,} boxes that were there already {kept}")
        link_all(team, "boxes", new)
