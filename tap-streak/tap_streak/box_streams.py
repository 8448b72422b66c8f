"""Boxes, and what hangs on them: tasks, comments, meetings, the timeline."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Generator, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any

from singer_rest import DELETED, ApiError, NoAccess, iso_text
from singer_sdk.helpers.types import Context
from singer_sdk.singerlib import SchemaMessage
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from streak_api.fields import keys_in, schemas_of
from streak_api.paging import Row, pages, token_entries

from tap_streak.box_lists import Glance, glance_at, ms_of
from tap_streak.counters import Counted, group_of, unnoticed
from tap_streak.stream import SLIGHTLY_MS, StreakStream

FEW = 5
SOON = 5.0
CHANGES = ("lastSavedTimestamp", "creationDate", "timestamp")
COUNTED = "counted"
FROZEN = "boxes_do_not_move"
DONT_MOVE = (
    "%s: here a box does not move with its %s: boxes whose counters changed are read anew; "
    "an edit that changes no counter comes with --full-refresh, or at once by the feed of events"
)


class PipelineStream(StreakStream):
    """Read pipeline by pipeline, each with a bookmark of its own."""

    parted_by = "pipelineKey"

    def is_read(self, pipeline: Any) -> bool:
        """Whether this is one of the pipelines to read; one that nobody has heard of may be new."""
        if pipeline not in {row["key"] for row in self.api.account.visible}:
            self.api.freshen(SOON)
        return pipeline in self.api.account.pipelines

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """The pipelines."""
        return [{"pipelineKey": key} for key in self.api.account.pipelines]

    def forget_others(self) -> None:
        """Take pipelines that are gone out of the STATE."""
        kept = {pipeline["key"] for pipeline in self.api.account.visible}
        state = self.stream_state
        if "partitions" in state:
            state["partitions"] = [part for part in state["partitions"] if part["context"].get("pipelineKey") in kept]


class Boxes(PipelineStream):
    """Boxes."""

    name = "boxes"
    replication_key = "lastUpdatedTimestamp"
    companions = frozenset(
        {
            "pipelineName",
            "stageName",
            "fieldValues",
            "contactEmails",
            "contactExternalIds",
            "organizationDomains",
            "organizationNames",
            "organizationExternalIds",
            "assigneeEmails",
            DELETED,
        }
    )
    links = {"contacts": "contacts", "organizations": "organizations"}  # noqa: RUF012 - never changed

    def rows(self, context: Context | None) -> Iterator[Row]:
        """The boxes that changed since the bookmark, oldest change first; after the last pipeline, what is gone."""
        if not context:
            return
        pipeline = str(context["pipelineKey"])
        boxes = self.api.boxes.changed(pipeline, self.since(context))
        if self.read_until(boxes.at, boxes.sure_until(lambda box: box.updated), context):
            boxes = self.api.boxes.changed(pipeline, self.since(context))
        yield from self._complete(pipeline, boxes.oldest_first())
        if self.config["detect_deletes"] and pipeline == list(self.api.account.pipelines)[-1]:
            yield from self._gone()

    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        """The SCHEMA with the custom fields that there are, so that who writes them elsewhere knows their types."""
        directory = self.api.directory
        looks = schemas_of(directory.fields_of_pipeline(key) for key in self.api.account.pipelines)
        for message in super()._generate_schema_messages():
            properties = message.schema["properties"]
            if "fieldValues" in properties:
                values = {**properties["fieldValues"], "properties": looks}
                message.schema = {**message.schema, "properties": {**properties, "fieldValues": values}}
            yield message

    def rows_by_keys(self, keys: Sequence[str]) -> Iterator[Row]:
        """The boxes with these keys, of the pipelines that are read; a few at a time, so that the first is not late."""
        for start in range(0, len(keys), FEW):
            of_pipeline: dict[str, list[Row]] = {}
            for row in list(self.fetch_each(keys[start : start + FEW], self.api.boxes.box)):
                if DELETED in row:
                    yield row
                elif self.is_read(row.get("pipelineKey")):
                    of_pipeline.setdefault(row["pipelineKey"], []).append(row)
            for pipeline, boxes in of_pipeline.items():
                yield from self._complete(pipeline, boxes)

    def _complete(self, pipeline: str, boxes: list[Row]) -> Iterator[Row]:
        directory = self.api.directory
        directory.learn(pipeline, boxes)
        return self.complete(boxes, directory.fields_of_pipeline(pipeline), partial(self._companions, pipeline))

    def _companions(self, pipeline: str, row: Row) -> dict[str, Any]:
        directory = self.api.directory
        definition = directory.pipeline(pipeline)
        return {
            "pipelineName": definition.get("name"),
            "stageName": stage_name(definition, row.get("stageKey")),
            "contactEmails": directory.emails(row.get("contacts")),
            "contactExternalIds": keys_in(row.get("contacts") or []),
            **directory.companies(row.get("organizations")),
            "assigneeEmails": directory.assignees(row.get("assignedToSharingEntries")),
        }

    def _gone(self) -> Iterator[Row]:
        boxes = self.api.boxes
        existing = {key: pipeline for pipeline in self.api.account.pipelines for key in boxes.all(pipeline).glances}
        for gone in self.deletions(existing, boxes.gone):
            yield {"key": gone.key, "pipelineKey": gone.parent, DELETED: gone.deleted_at}


def stage_name(pipeline: Row, key: Any) -> str | None:
    """The name of a stage; None for one that the pipeline does not have."""
    stage = (pipeline.get("stages") or {}).get(str(key))
    return stage.get("name") if stage else None


class BoxChildren(PipelineStream):
    """What hangs on boxes; fetched again, all of it, for each box that moved since the bookmark."""

    # a task or comment moves its box's lastSavedTimestamp: that is how far the boxes are read
    replication_key = "boxLastSavedTimestamp"
    looks_back = False
    _is_late = False
    """Whether something was seen that came after its box had moved last."""
    _frozen = False
    companions = frozenset(
        {
            "boxKey",
            "pipelineKey",
            "pipelineName",
            "boxName",
            "boxStageName",
            "boxFieldValues",
            replication_key,
            DELETED,
        }
    )

    def rows(self, context: Context | None) -> Iterator[Row]:
        """The children of the boxes that moved, by the instant of the move."""
        if not context:
            return
        pipeline = str(context["pipelineKey"])
        boxes = self.api.boxes.all(pipeline)
        self.read_until(boxes.at, boxes.sure_until(lambda box: box.moved), context)
        since = self.since(context)
        moved = [box for box in boxes.glances.values() if box.moved > since or not box.moved]
        moved.sort(key=lambda box: box.moved)
        state = self.get_context_state(context)
        others = [key for key, box in boxes.glances.items() if box.moved and box.moved <= since]
        counted = Counted.of((box.key, box.counts) for box in boxes.glances.values())
        for key in self._counted_otherwise(state, counted, others, moved):
            yield from self._complete(pipeline, boxes.glances[key])
        for box, after in zip_longest(moved, moved[1:]):
            yield from self._complete(pipeline, box)
            if after is None or after.moved > box.moved:
                self.advance(box.moved, context, box.key)
        if self._is_late and not state.get(FROZEN):
            self._freeze(state)
            for key in others:
                yield from self._complete(pipeline, boxes.glances[key])
        if self.replication_method == REPLICATION_INCREMENTAL and boxes.at:
            state[COUNTED] = str(counted)
            self.state_manager.is_flushed = False

    def _counted_otherwise(
        self, state: dict[str, Any], now: Counted, others: Collection[str], moved: list[Glance]
    ) -> list[str]:
        """The keys of boxes that did not move, but may count otherwise than when the STATE was written.

        Which of them does is not remembered: the boxes of its group are read anew, and all boxes once it is known that
        they don't move with what hangs on them.
        """
        before = Counted.read(state.get(COUNTED))
        if not state.get(FROZEN):
            # a run that breaks off has moved the bookmark past boxes that count otherwise by now
            state.pop(COUNTED, None)
        if self.replication_method != REPLICATION_INCREMENTAL:
            return []
        if state.get(FROZEN):
            return [key for key in others if before is None or group_of(key) in now.differing(before)]
        if before is None or not unnoticed(now, before, [box.key for box in moved]):
            return []
        self._freeze(state)
        return list(others)

    def _freeze(self, state: dict[str, Any]) -> None:
        """Note that boxes don't move with what hangs on them; said once."""
        if not self._frozen:
            self._frozen = True
            self.logger.warning(DONT_MOVE, self.name, self.name)
        state[FROZEN] = True

    def _increment_stream_state(self, latest_record: Row, *, context: Context | None = None) -> None:
        """Nothing: a box is behind us only when all of its children are."""

    def rows_by_keys(self, keys: Sequence[str]) -> Iterator[Row]:
        """The rows with these keys, and what their boxes tell of them."""
        fetched = self.fetch_each(keys, lambda key: self.api.client.get(f"/v2/{self.name}/{key}"))
        for row in list(fetched):
            if DELETED in row:
                yield row
                continue
            for box in self.fetch_each([row["boxKey"]], self.api.boxes.box_at_hand):
                if DELETED not in box and self.is_read(box.get("pipelineKey")):
                    self.api.directory.learn(box["pipelineKey"], [box])
                    of_box = self._of_box(box["pipelineKey"], glance_at(box))
                    yield {**row, **of_box, **self.companions_of(row)}

    def _complete(self, pipeline: str, box: Glance) -> Iterator[Row]:
        if self.name in box.without:
            return
        of_box = self._of_box(pipeline, box)
        for row in self._fetched(box):
            changed = max(ms_of(row.get(name)) for name in CHANGES)
            if box.moved + SLIGHTLY_MS < changed < (self._at or 0) - SLIGHTLY_MS:
                self._is_late = True
            yield {**row, **of_box, **self.companions_of(row)}

    def _of_box(self, pipeline: str, box: Glance) -> Row:
        directory = self.api.directory
        definition, book = directory.pipeline(pipeline), directory.fields_of_pipeline(pipeline)
        values = book.decode(box.fields, directory.naming) if self.wants("boxFieldValues") else None
        return {
            "boxKey": box.key,
            "pipelineKey": pipeline,
            "pipelineName": definition.get("name"),
            "boxName": box.name,
            "boxStageName": stage_name(definition, box.stage),
            "boxFieldValues": values,
            "boxLastSavedTimestamp": iso_text(box.moved),
        }

    def _fetched(self, box: Glance) -> Iterator[Row]:
        try:
            yield from self.children(f"/v2/boxes/{box.key}/{self.name}")
        except NoAccess as error:
            self.logger.warning("%s; left out", error)
        except ApiError as error:
            # a box that was deleted since it was listed has nothing to tell
            if not error.unknown or not self.api.boxes.box_is_gone(box.key):
                raise

    def children(self, path: str) -> Iterator[Row]:
        """The children of one box."""
        for page in pages(self.api.client, path, self.config["page_size"]):
            yield from page.rows


class Tasks(BoxChildren):
    """Tasks."""

    name = "tasks"
    companions = BoxChildren.companions | {"assigneeEmails"}

    def companions_of(self, row: Row) -> dict[str, Any]:
        """Who is to do it."""
        people = row.get("assignedTo") or row.get("assignedToSharingEntries")
        return {"assigneeEmails": self.api.directory.assignees(people)}


class Comments(BoxChildren):
    """Comments."""

    name = "comments"


class Meetings(BoxChildren):
    """Meeting notes and call logs."""

    name = "meetings"


class Timeline(BoxChildren):
    """All that happened to a box, in Streak's own words."""

    name = "timeline"
    primary_keys = ("boxKey", "key")
    companions = BoxChildren.companions | {"key"}

    def children(self, path: str) -> Iterator[Row]:
        """The entries of one box."""
        yield from token_entries(self.api.client, path, self.config["page_size"])

    def companions_of(self, row: Row) -> dict[str, Any]:
        """A key: the entry's own or that of what it is about, else one made of its content."""
        entity = row.get("entity")
        own = row.get("key") or (entity.get("key") if isinstance(entity, dict) else None)
        content = json.dumps(row, sort_keys=True, default=str).encode()
        return {"key": own or hashlib.sha256(content).hexdigest()[:32]}


CHILD_STREAMS = (Tasks, Comments, Meetings, Timeline)
