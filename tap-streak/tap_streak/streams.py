"""The streams in the order in which they are read; those of few rows, read whole in every run, are here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from singer_sdk.helpers.types import Context
from streak_api.paging import Row
from streak_api.pipelines import field_of, stages_of

from tap_streak.box_streams import CHILD_STREAMS, Boxes
from tap_streak.party_streams import Contacts, Organizations
from tap_streak.stream import StreakStream


class Teams(StreakStream):
    """The team."""

    name = "teams"

    def rows(self, context: Context | None) -> Iterator[Row]:  # noqa: ARG002 - one list for all
        """One row."""
        if self.api.account.team:
            yield self.api.account.team


class Users(StreakStream):
    """The team's users."""

    name = "users"
    companions = frozenset({"teamKey"})

    def rows(self, context: Context | None) -> Iterator[Row]:  # noqa: ARG002 - one list for all
        """The users with the team that they were found in."""
        for user in self.api.account.users:
            yield {**user, "teamKey": (self.api.account.team or {}).get("key")}


class Pipelines(StreakStream):
    """Pipelines."""

    name = "pipelines"

    def rows(self, context: Context | None) -> Iterator[Row]:  # noqa: ARG002 - one list for all
        """The pipelines that are read."""
        yield from self.api.account.pipelines.values()


class Stages(StreakStream):
    """The stages of all pipelines, in their order."""

    name = "stages"
    primary_keys = ("pipelineKey", "key")
    companions = frozenset({"pipelineKey", "pipelineName", "position"})

    def rows(self, context: Context | None) -> Iterator[Row]:  # noqa: ARG002 - one list for all
        """The stages that the order names, then others."""
        for pipeline in self.api.account.pipelines.values():
            of_pipeline = {"pipelineKey": pipeline["key"], "pipelineName": pipeline.get("name")}
            for position, stage in enumerate(stages_of(pipeline), 1):
                yield {**stage, **of_pipeline, "position": position}

    def rows_by_keys(self, keys: Sequence[str]) -> Iterator[Row]:
        """The stages with these keys, of whatever pipeline; stage keys are not of one alone."""
        self.api.freshen(0)
        yield from (stage for stage in self.rows(None) if stage["key"] in keys)


class Fields(StreakStream):
    """The custom fields of all pipelines."""

    name = "fields"
    primary_keys = ("pipelineKey", "key")
    companions = frozenset({"pipelineKey", "pipelineName", "options"})

    def rows(self, context: Context | None) -> Iterator[Row]:  # noqa: ARG002 - one list for all
        """The fields as each pipeline lists them."""
        for pipeline in self.api.account.pipelines.values():
            of_pipeline = {"pipelineKey": pipeline["key"], "pipelineName": pipeline.get("name")}
            for field in pipeline.get("fields") or []:
                default = field.get("defaultValue")
                text = default if default is None or isinstance(default, str) else json.dumps(default, default=str)
                yield {
                    **field,
                    "defaultValue": text,
                    **of_pipeline,
                    "options": [option.name for option in field_of(field).options],
                }


STREAMS = (Teams, Users, Pipelines, Stages, Fields, Organizations, Contacts, Boxes, *CHILD_STREAMS)
