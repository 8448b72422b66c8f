"""Streak's webhooks: one for each event of each pipeline, and of the team; the token is part of the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

import click
from singer_rest.errors import ApiError

from sync_console.webhooks.plan import Hook, Vendor
from sync_console.webhooks.subscriptions import STREAK_PIPELINES, STREAK_TEAM, events_of

MAX_PAGES = 100


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
        rows = self._pipelines_read() if of_pipelines else []
        hooks = [self._hook(event, row, "pipeline") for row in rows for event in of_pipelines]
        return hooks + [self._hook(event, self._team, "team") for event in events_of(STREAK_TEAM, self.streams)]

    def registered(self) -> list[Hook]:
        """The webhooks of everybody in every pipeline and in the team."""
        paths = {f"/v2/pipelines/{row['key']}/webhooks": f"pipeline {row.get('name')}" for row in self._pipelines}
        paths[f"/v2/teams/{self._team['key']}/webhooks"] = f"team {self._team.get('name')}"
        hooks: dict[str, Hook] = {}
        for path, scope_name in paths.items():
            for row in self._rows(path):
                scope = row.get("pipelineKey") or row.get("teamKey") or path.split("/")[-2]
                event = frozenset([str(row.get("event"))])
                hooks.setdefault(row["key"], Hook(str(row.get("targetUrl")), event, scope, scope_name, row["key"]))
        return list(hooks.values())

    def creation(self, hook: Hook) -> dict[str, Any]:
        """A webhook of its pipeline or team."""
        (event,) = hook.events
        scope = {"teamKey" if hook.scope == self._team["key"] else "pipelineKey": hook.scope}
        return {"params": scope, "json": {"event": event, "targetUrl": hook.url, "token": self.token}}

    def _hook(self, event: str, row: dict[str, Any], kind: str) -> Hook:
        url = f"{self.public_url}/hooks/streak/{quote(self.token, safe='')}/{event}"
        return Hook(url, frozenset([event]), row["key"], f"{kind} {row.get('name')}")

    @cached_property
    def _team(self) -> dict[str, Any]:
        teams = self._rows("/v2/users/me/teams")
        matches = [row for row in teams if self.team_name in (None, "", row["key"], row.get("name"))]
        if len(matches) != 1:
            names = ", ".join(str(row.get("name")) for row in teams) or "none"
            raise click.ClickException(f"set TAP_STREAK_TEAM to one of the teams of this key: {names}")
        return matches[0]

    @cached_property
    def _pipelines(self) -> list[dict[str, Any]]:
        try:
            rows = self._rows("/v1/pipelines")
        except ApiError as refused:
            if refused.status not in {400, 404}:
                raise
            rows = self._rows("/v2/pipelines")
        return [row for row in rows if row.get("teamKey") in (None, self._team["key"])]

    def _pipelines_read(self) -> list[dict[str, Any]]:
        names = set(self.pipeline_names)
        return [row for row in self._pipelines if not names or names & {row["key"], row.get("name")}]

    def _rows(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, in either envelope."""
        rows: dict[str, dict[str, Any]] = {}
        for page in range(MAX_PAGES):
            answer = self.client.get(path, params={"page": page} if page else None)
            new = answer.get("results") if isinstance(answer, dict) else answer
            if not isinstance(new, list):
                raise click.ClickException("the host answers, but not as the Streak API does: check TAP_STREAK_API_URL")
            before = len(rows)
            rows |= {row["key"]: row for row in new}
            if len(rows) == before or not (isinstance(answer, dict) and answer.get("hasNextPage")):
                break
        return list(rows.values())
