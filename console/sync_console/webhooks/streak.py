"""Streak's webhooks: one for each event of each pipeline, and of the team; the token is part of the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from streak_api.paging import Row, pages, rows_of
from streak_api.pipelines import choose_pipelines, pipeline_rows
from streak_api.teams import choose_team, read_teams

from sync_console.webhooks.plan import Hook, Vendor
from sync_console.webhooks.subscriptions import STREAK_PIPELINES, STREAK_TEAM, events_of


@dataclass(frozen=True, kw_only=True)
class StreakWebhooks(Vendor):
    """The webhooks at Streak."""

    path: ClassVar[str] = "/v2/webhooks"
    token: str
    team_name: str | None
    pipeline_names: list[str]
    """Names or keys of the pipelines that the tap reads, empty for all."""

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
