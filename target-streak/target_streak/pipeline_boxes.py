"""Which boxes are there already: adopted instead of doubled, found again after a run that died."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_rest_sink.ledger import Intent
    from singer_rest_sink.record import Record

    from target_streak.sinks import Boxes

PAGE = 100
HAD_EFFECTS = "had effects"
COUNTS = {
    "tasks": ("taskTotal",),
    "comments": ("commentCount",),
    "meetings": ("callLogCount", "meetingNotesCount"),
}
LATEST_PAGES = 5


class PipelineBoxes:
    """Reads the pipelines of one run where the ledger can't know."""

    def __init__(self, sink: Boxes) -> None:
        self._sink = sink
        self._lock = Lock()
        self._adopted: set[str] = set()

    def find(self, record: Record, pipeline_key: str, intent: Intent | None) -> dict[str, Any] | None:
        """Find a box that was there before the ledger (linked at the first look), or one that a dead run made."""
        self._adopt(pipeline_key)
        if intent is None:
            return None
        return self._oldest(record, self._pages(pipeline_key))

    def latest(self, record: Record, pipeline_key: str) -> dict[str, Any] | None:
        """Find a box made a moment ago, among the newest."""
        return self._oldest(record, self._pages(pipeline_key, LATEST_PAGES))

    def _adopt(self, pipeline_key: str) -> None:
        """Link every box of the pipeline that carries an order id: once for this ledger and pipeline."""
        field = self._sink.workspace.order_id_field(pipeline_key)
        if field is None or pipeline_key in self._adopted:
            return
        with self._lock:
            ledger = self._sink.ledger
            if pipeline_key not in self._adopted and ledger.binding("adopted", pipeline_key, field) is None:
                found = self._by_order_id(pipeline_key, field)
                new = {name: str(box["key"]) for name, box in found.items() if ledger.link("boxes", name) is None}
                if new:
                    self._remember_effects(found[name] for name in new)
                    ledger.adopt("boxes", new, "was there before")
                    self._sink.logger.info("%s boxes that were there already are kept in step from now on", len(new))
                ledger.bind("adopted", pipeline_key, field, str(len(found)))
            self._adopted.add(pipeline_key)

    def _remember_effects(self, boxes: Iterable[dict[str, Any]]) -> None:
        """Keep which boxes have tasks, comments or meetings: what we would make there may be there already."""
        for box in boxes:
            for stream, counts in COUNTS.items():
                if any(box.get(count) for count in counts):
                    self._sink.ledger.bind(HAD_EFFECTS, stream, str(box["key"]), str(box["key"]))
                    self._sink.target.had_effects.add((stream, str(box["key"])))

    def _by_order_id(self, pipeline_key: str, field: str) -> dict[str, dict[str, Any]]:
        """Give the oldest box of each order id."""
        found: dict[str, dict[str, Any]] = {}
        for box in self._pages(pipeline_key):  # newest first, so the oldest stays
            order_id = (box.get("fields") or {}).get(field)
            if order_id:
                if str(order_id) in found:
                    self._said_twice(str(order_id), str(found[str(order_id)]["key"]))
                found[str(order_id)] = box
        return found

    def _oldest(self, record: Record, boxes: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
        found = [box for box in boxes if self._is(record, box)]
        if len(found) > 1:
            self._said_twice(record.external_id, str(found[0]["key"]))
        return found[-1] if found else None

    def _is(self, record: Record, box: dict[str, Any]) -> bool:
        """Whether the box is this record's: same order id; without one in it the name, made by us and nobody else's."""
        field = self._sink.workspace.order_id_field(str(box["pipelineKey"]))
        order_id = (box.get("fields") or {}).get(field) if field else None
        if order_id:
            return str(order_id) == str(record.values.get(str(self._sink.rules.identity)))
        me = self._sink.workspace.me.get("key")
        mine = box.get("creatorKey") == me and box.get("name") == record.values.get("name")
        return mine and not self._sink.ledger.links_to("boxes", str(box["key"]))

    def _said_twice(self, order_id: str, key: str) -> None:
        self._sink.ledger.set_aside(
            stream="boxes",
            external_id=order_id,
            flow="(twice)",
            kind="conflict",
            reason=f"two boxes carry this id, the oldest is kept in step; box {key} is for a person to look at",
            code="twice",
            record={"externalId": order_id, "key": key},
        )

    def _pages(self, pipeline_key: str, most: int | None = None) -> Iterator[dict[str, Any]]:
        """Give boxes, newest first, each once; takes both envelopes that Streak is known to use."""
        seen: set[str] = set()
        page = 0
        while most is None or page < most:
            params = {"sortBy": "creationTimestamp", "limit": PAGE, "page": page}
            answer = self._sink.client.get(f"/v1/pipelines/{pipeline_key}/boxes", params=params)
            rows = answer.get("results", []) if isinstance(answer, dict) else answer
            new = [row for row in rows if row["key"] not in seen]
            yield from new
            seen.update(row["key"] for row in new)
            more = answer.get("hasNextPage") if isinstance(answer, dict) else None
            if not new or more is False or len(rows) < PAGE:
                return
            page += 1
