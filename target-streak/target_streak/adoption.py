"""Boxes that carry an order id and that the ledger does not know are linked: kept in step instead of made again."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from target_streak.box_lists import boxes_of
from target_streak.dedupe_index import note_effects
from target_streak.directory import found_or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Ledger

    from target_streak.directory import Directory

    Say = Callable[[str], object]

ADOPTED = "adopted"
STEP = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A pipeline and the field there that carries the order id; where the mapping makes no boxes, only ours count."""

    pipeline_key: str
    field_key: str
    maker: str | None = None


@dataclass(slots=True)
class Adopted:
    """What was found: the order ids that were linked now, all of them, those on two boxes, boxes without one."""

    linked: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: int = 0
    twice: dict[str, list[str]] = field(default_factory=dict)
    without: int = 0


def places_of(directory: Directory, name: str, pipelines: Iterable[str], maker: str) -> list[Place]:
    """Give each pipeline that has the field `name`; `pipelines` are those where the mapping makes boxes (none: all)."""
    found = (found_or_none(partial(directory.pipeline, pipeline)) for pipeline in pipelines)
    ours = {pipeline.key for pipeline in found if pipeline}
    fields = ((pipeline.key, directory.field_or_none(pipeline.key, name)) for pipeline in directory.pipelines)
    return [
        Place(pipeline_key, field.key, None if pipeline_key in ours or not ours else maker)
        for pipeline_key, field in fields
        if field
    ]


class Adoption:
    """Reads pipelines and links their boxes."""

    def __init__(self, client: RestClient, ledger: Ledger, say: Say) -> None:
        self._client, self._ledger, self._say = client, ledger, say
        self._read = 0

    def adopt(self, places: Iterable[Place]) -> Adopted:
        """Link the oldest box of each order id that the ledger does not know, with what it may say already."""
        found = Adopted()
        known = list(places)
        boxes = self._by_order_id(known, found)
        found.ids = len(boxes)
        found.twice = {name: [str(one["key"]) for one in those] for name, those in boxes.items() if len(those) > 1}
        found.linked = {
            name: those[0] for name, those in boxes.items() if self._ledger.links.get("boxes", name) is None
        }
        self._link(found)
        for place in known:
            self._ledger.bindings.bind(ADOPTED, place.pipeline_key, place.field_key, "read")
        return found

    def _by_order_id(self, places: Iterable[Place], found: Adopted) -> dict[str, list[dict[str, Any]]]:
        """Give the boxes of each order id, the oldest first; those where the mapping makes boxes before all others."""
        boxes: dict[str, list[dict[str, Any]]] = {}
        for place in sorted(places, key=lambda place: place.maker is not None):
            here: dict[str, list[dict[str, Any]]] = {}
            for box in boxes_of(self._client, place.pipeline_key):
                self._count()
                order_id = (box.get("fields") or {}).get(place.field_key)
                if not order_id:
                    found.without += 1
                elif place.maker in {None, box.get("creatorKey")}:
                    here.setdefault(str(order_id), []).append(box)
            for name, those in here.items():
                boxes.setdefault(name, []).extend(sorted(those, key=lambda box: box.get("creationTimestamp") or 0))
        return boxes

    def _link(self, found: Adopted) -> None:
        """What a box says is noted before its link, so that no run takes a linked box for a silent one."""
        note_effects(self._ledger, found.linked.values())
        self._ledger.links.adopt(
            "boxes", {name: str(box["key"]) for name, box in found.linked.items()}, "was there before"
        )
        for name, keys in found.twice.items():
            said_twice(self._ledger, name, keys[1:])

    def _count(self) -> None:
        self._read += 1
        if self._read % STEP == 0:
            self._say(f"{self._read:,} boxes read")


def said_twice(ledger: Ledger, order_id: str, others: Iterable[str]) -> None:
    """Keep for a person that more boxes than one carry an order id."""
    keys = list(others)
    ledger.dead_letters.keep(
        stream="boxes",
        external_id=order_id,
        flow="(twice)",
        kind="conflict",
        reason=f"two boxes carry this id, the oldest is kept in step; box {', '.join(keys)} is for a person to look at",
        code="twice",
        record={"externalId": order_id, "key": keys[0]},
    )
