"""Reads the boxes of a pipeline, newest change first, so that none is lost while others write.

Each list is read once a run for all streams that need it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from singer_rest import ApiError, NoAccess, RestClient, ms_of_text, to_ms
from streak_api.fields import keys_in
from streak_api.paging import Row, pages
from streak_api.pipelines import BOX_COUNTERS

from tap_streak.account import Account

LOGGER = logging.getLogger("tap-streak")
NEVER = 1 << 62
MOST_PASSES = 3
CLOCKS_DIFFER_MS = 2_000
DIGITS = 18
COUNTED = (
    "taskTotal",
    "taskCompleteCount",
    "commentCount",
    "callLogCount",
    "meetingNotesCount",
    "totalCallLogDuration",
    "totalMeetingNotesDuration",
)
MOVEMENTS = ("lastSavedTimestamp", "lastUpdatedTimestamp", "lastCommentTimestamp")


@dataclass(frozen=True, slots=True)
class Glance:
    """What is kept of a box after its row went out: when it changed, what hangs on it. Milliseconds."""

    key: str
    updated: int
    moved: int
    without: frozenset[str]
    """The children that it surely has none of."""
    contacts: tuple[str, ...]
    organizations: tuple[str, ...]
    name: str | None
    stage: str | None
    fields: Row
    counts: tuple[Any, ...] = ()


def ms_of(value: Any) -> int:
    """A timestamp of Streak as milliseconds; 0 for one that is missing or none."""
    if isinstance(value, int):
        return 0 if isinstance(value, bool) else max(value, 0)
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < DIGITS:
        return max(int(value), 0)
    if isinstance(value, str) and len(value) <= DIGITS and value.isascii() and value.isdecimal():
        return int(value)
    return ms_of_text(value) or 0


def changed_at(box: Row) -> int:
    """When people last changed a box, or it was last saved where Streak does not tell; 0 where it tells neither."""
    return ms_of(box.get("lastUpdatedTimestamp")) or ms_of(box.get("lastSavedTimestamp"))


def glance_at(box: Row) -> Glance:
    """A box in short."""
    counted = {noun: [box.get(name) for name in names] for noun, names in BOX_COUNTERS.items()}
    return Glance(
        box["key"],
        changed_at(box),
        max(ms_of(box.get(name)) for name in MOVEMENTS),
        frozenset(noun for noun, counts in counted.items() if all(count == 0 for count in counts)),
        tuple(keys_in(box.get("contacts") or [])),
        tuple(keys_in(box.get("organizations") or [])),
        box.get("name"),
        box.get("stageKey"),
        box.get("fields") or {},
        tuple(box.get(name) for name in COUNTED),
    )


@dataclass(slots=True)
class BoxList:
    """The boxes of one pipeline, as one or several passes through its pages saw them.

    `rows` changed since the instant asked for; `glances` are of all that were seen. What changed after `began`
    (milliseconds; None when one answer held everything) may not have been seen. `at`: when the first page was answered;
    `ended`: the list was read to its end.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    glances: dict[str, Glance] = field(default_factory=dict)
    began: int | None = None
    at: int = 0
    ended: bool = False
    first_page: list[Glance] = field(default_factory=list)

    def take(self, box: Row, since: int) -> Glance:
        """Keep the newer of what is known of a box."""
        seen = glance_at(box)
        had = self.glances.get(seen.key)
        if had is None or (seen.updated, seen.moved) >= (had.updated, had.moved):
            self.glances[seen.key] = seen
            if seen.updated >= since or not seen.updated:
                self.rows[seen.key] = box
        return seen

    def oldest_first(self) -> list[Row]:
        """The changed rows, so that a bookmark may follow them; they are handed over, not kept."""
        keys = sorted(self.rows, key=lambda key: (self.glances[key].updated, key))
        rows = [self.rows[key] for key in keys]
        self.rows = {}
        return rows

    def sure_until(self, what: Callable[[Glance], int]) -> int:
        """Up to which instant of this kind nothing can have been missed: what a box says of the future counts not."""
        return sure_until(self.at, map(what, self.first_page))


def sure_until(at: int, seen: Iterable[int]) -> int:
    """The latest instant that was `seen` in an answer, but not one ahead of the server's clock `at` it (all in ms)."""
    return max([at - CLOCKS_DIFFER_MS, *(instant for instant in seen if instant <= at + CLOCKS_DIFFER_MS)])


@dataclass(frozen=True, slots=True)
class Wanted:
    """The boxes of a pipeline that changed since (milliseconds); with `whole` a glance at all others too."""

    pipeline: str
    since: int
    whole: bool

    def __contains__(self, glance: Glance) -> bool:
        return self.whole or glance.updated >= self.since or not glance.updated


def read_boxes(client: RestClient, wanted: Wanted, limit: int) -> BoxList:
    """The boxes that are wanted, `limit` a page.

    A box that leaves while pages are read moves the first row of the next page to one that was read already. So a
    list of several pages is read again, until a pass has all that the one before had; one that never holds still is
    asked for all at once in the end.
    """
    found = BoxList()
    before: set[str] = set()
    for _ in range(MOST_PASSES):
        seen = _pass(client, wanted, limit, found)
        if found.began is None or (before and seen >= before):
            return found
        before = {key for key in seen if found.glances[key] in wanted}
    _pass(client, wanted, None, found)
    return found


def _pass(client: RestClient, wanted: Wanted, limit: int | None, found: BoxList) -> set[str]:
    """Read the pages once; gives the keys that were seen."""
    keys: set[str] = set()
    found.began, found.ended = None, True
    path, sort = f"/v1/pipelines/{wanted.pipeline}/boxes", "lastUpdatedTimestamp"
    for number, page in enumerate(pages(client, path, limit, sortBy=sort)):
        glances = [found.take(box, wanted.since) for box in page.rows]
        keys.update(glance.key for glance in glances)
        if number == 0:
            found.first_page, found.at = glances, to_ms(page.at)
        elif glances:
            found.began = found.at - CLOCKS_DIFFER_MS
        if glances and glances[-1] not in wanted and _newest_first(glances):
            found.ended = False
            break
    return keys


def _newest_first(glances: list[Glance]) -> bool:
    return all(first.updated >= second.updated for first, second in pairwise(glances))


def _counted(pipeline: Any) -> int:
    counted = pipeline.get("boxCount") if isinstance(pipeline, dict) else None
    return counted if isinstance(counted, int) else 0


class BoxSource:
    """Reads lists of boxes; of a list that was read whole, it keeps a glance at each box."""

    def __init__(self, client: RestClient, account: Account, limit: int, *, whole: bool) -> None:
        self._client = client
        self._account = account
        self._limit = limit
        self._whole = whole
        self._seen: dict[str, BoxList] = {}
        self._at_hand: dict[str, Row] = {}
        self.denied: set[str] = set()

    def changed(self, pipeline: str, since: int) -> BoxList:
        """The boxes that changed since (milliseconds)."""
        return self._read(pipeline, since, whole=self._whole)

    def all(self, pipeline: str) -> BoxList:
        """A glance at every box."""
        return self._seen.get(pipeline) or self._read(pipeline, NEVER, whole=True)

    def _read(self, pipeline: str, since: int, *, whole: bool) -> BoxList:
        if pipeline in self.denied:
            return BoxList()
        try:
            boxes = read_boxes(self._client, Wanted(pipeline, since, whole), self._limit)
        except ApiError as error:
            if isinstance(error, NoAccess):
                LOGGER.warning("%s; the boxes of this pipeline are left out", error)
            # a pipeline that was deleted since pipelines were listed
            elif not error.unknown or self._client.knows(f"/v1/pipelines/{pipeline}"):
                raise
            self.denied.add(pipeline)
            return BoxList()
        if boxes.ended:
            self._check_count(pipeline, len(boxes.glances))
        if whole:
            self._seen[pipeline] = boxes
        return boxes

    def _check_count(self, pipeline: str, read: int) -> None:
        """Say so when Streak counts more boxes than it lists, right before and after; a count may be missing."""
        if _counted(self._account.pipelines.get(pipeline)) <= read:
            return
        counted = _counted(self._client.get(f"/v1/pipelines/{pipeline}"))
        if counted > read:
            LOGGER.warning(
                "pipeline %s has %s boxes, of which Streak lists %s: others are left out", pipeline, counted, read
            )

    def box(self, key: str) -> Row:
        """One box. Raises ApiError."""
        row: Row = self._client.get(f"/v1/boxes/{key}")
        self._at_hand[key] = row
        return row

    def box_at_hand(self, key: str) -> Row:
        """One box, perhaps as it was read since `put_away`. Raises ApiError."""
        return self._at_hand.get(key) or self.box(key)

    def put_away(self) -> None:
        """Have boxes read anew."""
        self._at_hand.clear()

    def gone(self, missing: list[tuple[str, str]]) -> set[str]:
        """Those keys of (key, pipeline) pairs whose box is gone; what can't be known is not among them."""
        visible = {row["key"] for row in self._account.visible}
        lost = {pipeline for _, pipeline in missing} - visible
        gone_pipelines = {pipeline for pipeline in lost if not self._client.knows(f"/v1/pipelines/{pipeline}")}
        read = self._account.pipelines.keys() - self.denied
        return {
            key
            for key, pipeline in missing
            if pipeline in gone_pipelines or (pipeline in read and self.box_is_gone(key))
        }

    def box_is_gone(self, key: str) -> bool:
        """Whether Streak does not know this box any more."""
        return not self._client.knows(f"/v1/boxes/{key}")
