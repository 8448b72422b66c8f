"""The boxes of all pipelines, read once a run for all streams that need them."""

from __future__ import annotations

import logging

from singer_rest import ApiError, NoAccess, RestClient
from streak_api.paging import Row

from tap_streak.account import Account
from tap_streak.box_lists import BoxList, Wanted, read_boxes

LOGGER = logging.getLogger("tap-streak")
NEVER = 1 << 62


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
        except NoAccess as error:
            LOGGER.warning("%s; the boxes of this pipeline are left out", error)
            self.denied.add(pipeline)
            return BoxList()
        except ApiError as error:
            # a pipeline that was deleted since pipelines were listed
            if not error.unknown or self._client.knows(f"/v1/pipelines/{pipeline}"):
                raise
            self.denied.add(pipeline)
            return BoxList()
        if whole:
            self._seen[pipeline] = boxes
        return boxes

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
