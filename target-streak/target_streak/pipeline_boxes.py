"""Which boxes exist already: adopted instead of doubled, found again after a run that died."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from singer_rest import Intent, Record
from streak_api.paging import Row

from target_streak.adoption import OrderPipeline, adopt_boxes, is_adopted, order_pipelines, report_doubles
from target_streak.streak_sink import StreakSink


class PipelineBoxes:
    """Reads the pipelines of one run where the ledger can't know."""

    def __init__(self, sink: StreakSink) -> None:
        self._sink = sink
        self._lock = Lock()
        self._looked: set[str] = set()

    def find(self, record: Record, pipeline_key: str, intent: Intent | None) -> Row | None:
        """Find a box that was there before the ledger, or one that a dead run made."""
        self._adopt(pipeline_key)
        link = self._sink.ledger.links.get("boxes", record.external_id)
        if link is not None and link.vendor_key:
            return None
        team = self._sink.team
        box = self._oldest(record, team.lists.boxes(pipeline_key)) if intent else None
        return box or (team.cut_over.find(record) if team.cut_over else None)

    def latest(self, record: Record, pipeline_key: str) -> Row | None:
        """Find a box made a moment ago, among the newest."""
        return self._oldest(record, self._sink.team.lists.latest_boxes(pipeline_key))

    def _adopt(self, pipeline_key: str) -> None:
        """Link every box that carries an order id, where people moved it too: once for this ledger."""
        if pipeline_key in self._looked:
            return
        with self._lock:
            if pipeline_key not in self._looked:
                pipelines = order_pipelines(self._sink.catalog)
                self._adopt_from([each for each in pipelines if not is_adopted(self._sink.ledger, each)])
            self._looked.add(pipeline_key)

    def _adopt_from(self, pipelines: Sequence[OrderPipeline]) -> None:
        if not pipelines:
            return
        team = self._sink.team
        adopted = adopt_boxes(team.lists, team.ledger, team.dedupe, pipelines, team.log)
        if adopted.linked:
            kept = (
                "would be kept in step from then on" if self._sink.context.dry_run else "are kept in step from now on"
            )
            team.log(f"{len(adopted.linked):,} boxes that were there already {kept}")

    def _oldest(self, record: Record, boxes: Iterable[Row]) -> Row | None:
        fitting = [box for box in boxes if self._is(record, box)]
        if len(fitting) > 1:
            report_doubles(self._sink.ledger, record.external_id, [str(box["key"]) for box in reversed(fitting[1:])])
        return fitting[0] if fitting else None

    def _is(self, record: Record, box: Row) -> bool:
        """Whether the box is this record's: same order id; without one in it the name, made by us and nobody else's."""
        field = self._sink.catalog.order_id_field(str(box["pipelineKey"]))
        order_id = (box.get("fields") or {}).get(field) if field else None
        if order_id:
            return str(order_id) == str(record.values.get(str(self._sink.fields.identity)))
        ours = box.get("creatorKey") == self._sink.team.account.me.get("key")
        return (
            ours
            and box.get("name") == record.values.get("name")
            and not self._sink.ledger.links.to_key("boxes", str(box["key"]))
        )
