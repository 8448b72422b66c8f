"""Which boxes are there already: adopted instead of doubled, found again after a run that died."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from target_streak.adoption import ADOPTED, Adoption, Place, said_twice
from target_streak.box_lists import boxes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest.ledger import Intent
    from singer_rest.sync.record import Record

    from target_streak.sinks import Boxes

LATEST_PAGES = 5


class PipelineBoxes:
    """Reads the pipelines of one run where the ledger can't know."""

    def __init__(self, sink: Boxes) -> None:
        self._sink = sink
        self._lock = Lock()
        self._looked: set[str] = set()

    def find(self, record: Record, pipeline_key: str, intent: Intent | None) -> dict[str, Any] | None:
        """Find a box that was there before the ledger, or one that a dead run made."""
        self._adopt(pipeline_key)
        link = self._sink.ledger.links.get("boxes", record.external_id)
        if link is not None and link.vendor_key:
            return None
        found = self._oldest(record, boxes_of(self._sink.client, pipeline_key)) if intent else None
        cut_over = self._sink.target.cut_over
        return found or (cut_over.find(record) if cut_over else None)

    def latest(self, record: Record, pipeline_key: str) -> dict[str, Any] | None:
        """Find a box made a moment ago, among the newest."""
        return self._oldest(record, boxes_of(self._sink.client, pipeline_key, LATEST_PAGES))

    def _adopt(self, pipeline_key: str) -> None:
        """Link every box that carries an order id, where people moved it too: once for this ledger."""
        if pipeline_key in self._looked:
            return
        with self._lock:
            if pipeline_key not in self._looked:
                self._adopt_from(
                    [place for place in self._sink.workspace.places_of_orders() if not self._is_read(place)]
                )
            self._looked.add(pipeline_key)

    def _is_read(self, place: Place) -> bool:
        return self._sink.ledger.bindings.get(ADOPTED, place.pipeline_key, place.field_key) is not None

    def _adopt_from(self, places: list[Place]) -> None:
        if not places:
            return
        say = partial(self._sink.logger.info, "%s")
        found = Adoption(self._sink.client, self._sink.ledger, say).adopt(places)
        self._sink.target.forget_what_boxes_had()
        if found.linked:
            kept = "would be kept in step from then on" if self._sink.target.dry_run else "are kept in step from now on"
            say(f"{len(found.linked):,} boxes that were there already {kept}")

    def _oldest(self, record: Record, boxes: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        found = [box for box in boxes if self._is(record, box)]
        if len(found) > 1:
            said_twice(self._sink.ledger, record.external_id, [str(box["key"]) for box in found[:-1]])
        return found[-1] if found else None

    def _is(self, record: Record, box: dict[str, Any]) -> bool:
        """Whether the box is this record's: same order id; without one in it the name, made by us and nobody else's."""
        field = self._sink.workspace.order_id_field(str(box["pipelineKey"]))
        order_id = (box.get("fields") or {}).get(field) if field else None
        if order_id:
            return str(order_id) == str(record.values.get(str(self._sink.rules.identity)))
        me = self._sink.workspace.me.get("key")
        mine = box.get("creatorKey") == me and box.get("name") == record.values.get("name")
        return mine and not self._sink.ledger.links.to_key("boxes", str(box["key"]))
