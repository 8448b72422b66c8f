"""The webhooks at both vendors: which ones the streams of a mapping need, which are registered, how one is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from clarity_api.webhooks import WebhookProfile
from mapper_crosswalk.check.mapping import load_mapping
from singer_rest import DocumentError
from streak_api.paging import Row, pages, rows_of
from streak_api.pipelines import choose_pipelines, pipeline_rows
from streak_api.teams import choose_team, read_teams

from sync_console.webhooks.plan import Hook, Vendor

CLARITY = {
    "orders": ("order.created", "order.status_changed", "order.updated"),
    "customers": ("customer.created", "customer.updated"),
    "payments": ("payment.captured", "payment.refunded"),
}
STREAK_PIPELINES = {
    "boxes": ("BOX_CREATE", "BOX_EDIT", "BOX_CHANGE_STAGE", "BOX_CHANGE_PIPELINE", "BOX_DELETE"),
    "stages": ("STAGE_CREATE",),
    "tasks": ("TASK_CREATE", "TASK_COMPLETE", "TASK_UPDATED"),
    "comments": ("COMMENT_CREATE",),
    "meetings": ("MEETING_CREATE", "MEETING_UPDATE"),
}
STREAK_TEAM = {
    "contacts": ("CONTACT_CREATE", "CONTACT_UPDATE", "CONTACT_DELETE"),
    "organizations": ("ORG_CREATE", "ORG_UPDATE", "ORG_DELETE"),
}


def streams_read(mapping_file: Path) -> dict[str, set[str]]:
    """The streams that a mapping reads, by system. ClickException when the mapping is broken."""
    try:
        mapping = load_mapping(mapping_file)
    except (DocumentError, OSError) as error:
        raise click.ClickException(f"the mapping can't be read: {error}") from None
    streams: dict[str, set[str]] = {}
    for spec in mapping.specs:
        streams.setdefault(spec.source.system, set()).add(spec.source.name)
    return streams


def events_of(table: Mapping[str, tuple[str, ...]], streams: set[str]) -> list[str]:
    """The events of these streams, in the table's order."""
    return [event for stream, events in table.items() if stream in streams for event in events]


@dataclass(frozen=True, kw_only=True)
class ClarityWebhooks(Vendor):
    """The webhooks at the shop."""

    name: str
    """Last part of the receiver's address."""
    secret: str
    profile: WebhookProfile
    """How the shop's webhooks are made."""

    @property
    def path(self) -> str:
        """Where webhooks are made, and below which each has its address."""
        return self.profile.path

    def wanted(self) -> list[Hook]:
        """One webhook for the events of all streams that the shop tells."""
        events = self.profile.names_of(events_of(CLARITY, self.streams))
        return [Hook(f"{self.public_url}/hooks/clarity/{self.name}", frozenset(events))] if events else []

    def registered(self) -> list[Hook]:
        """The webhooks of everybody. ClickException when the host is no Clarity."""
        rows = self.profile.listed(self.client.get(self.path))
        if rows is None:
            where = f"check TAP_CLARITY_API_URL (…/api/v1), and {self.profile.place}"
            raise click.ClickException(f"the host answers, but not as the Clarity API does: {where}")
        return [
            Hook(row["url"], frozenset(row["events"]), key=row["id"], active=row.get("active") is not False)
            for row in rows
        ]

    def creation(self, hook: Hook) -> dict[str, Any]:
        """A webhook that is signed with our secret."""
        return {"json": self.profile.body(hook.url, sorted(hook.events), self.secret)}


@dataclass(frozen=True, kw_only=True)
class StreakWebhooks(Vendor):
    """The webhooks at Streak."""

    token: str
    team_name: str | None
    pipeline_names: list[str]
    """Names or keys of the pipelines that the tap reads, empty for all."""

    @property
    def path(self) -> str:
        """Where webhooks are made, and below which each has its address."""
        return "/v2/webhooks"

    def wanted(self) -> list[Hook]:
        """One webhook for each event of each pipeline that is read, and of the team."""
        of_pipelines = events_of(STREAK_PIPELINES, self.streams)
        rows = choose_pipelines(self._pipelines, self.pipeline_names) if of_pipelines else []
        hooks = [self._hook(event, row, "pipeline") for row in rows for event in of_pipelines]
        return hooks + [self._hook(event, self._team, "team") for event in events_of(STREAK_TEAM, self.streams)]

    def registered(self) -> list[Hook]:
        """The webhooks of everybody in every pipeline and in the team."""
        paths = {f"/v2/pipelines/{row['key']}/webhooks": f"pipeline {row.get('name')}" for row in self._pipelines}
        paths[f"/v2/teams/{self._team['key']}/webhooks"] = f"team {self._team.get('name')}"
        hooks: dict[str, Hook] = {}
        for path, scope_name in paths.items():
            for row in rows_of(pages(self.client, path)):
                scope = row.get("pipelineKey") or row.get("teamKey") or path.split("/")[-2]
                event = frozenset([str(row.get("event"))])
                hooks.setdefault(row["key"], Hook(str(row.get("targetUrl")), event, scope, scope_name, row["key"]))
        return list(hooks.values())

    def creation(self, hook: Hook) -> dict[str, Any]:
        """A webhook of its pipeline or team."""
        (event,) = hook.events
        scope = {"teamKey" if hook.scope == self._team["key"] else "pipelineKey": hook.scope}
        return {"params": scope, "json": {"event": event, "targetUrl": hook.url, "token": self.token}}

    def _hook(self, event: str, row: Row, kind: str) -> Hook:
        url = f"{self.public_url}/hooks/streak/{quote(self.token, safe='')}/{event}"
        return Hook(url, frozenset([event]), row["key"], f"{kind} {row.get('name')}")

    @cached_property
    def _team(self) -> Row:
        return choose_team(read_teams(self.client), self.team_name, "TAP_STREAK_TEAM")

    @cached_property
    def _pipelines(self) -> list[Row]:
        return pipeline_rows(self.client, str(self._team["key"]))
