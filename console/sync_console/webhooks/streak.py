"""Streak's side: a webhook for each event of each pipeline, and of the team; the token stands in the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
from singer_rest.errors import ApiError

from sync_console.webhooks import needed
from sync_console.webhooks.plan import Hook

if TYPE_CHECKING:
    from collections.abc import Container

    from singer_rest.http.client import RestClient

MOST_PAGES = 100


@dataclass(frozen=True)
class StreakSide:
    """How webhooks are listed, made and removed at Streak."""

    client: RestClient
    public_url: str
    tokens: str
    streams: set[str]
    team_named: str | None
    pipelines_named: list[str]

    def wanted(self) -> list[Hook]:
        """What must be there."""
        events = needed.events(needed.STREAK_PIPELINES, self.streams)
        hooks = (
            [self._hook(event, row, "pipeline") for row in self._pipelines_read() for event in events] if events else []
        )
        events = needed.events(needed.STREAK_TEAM, self.streams)
        return hooks + ([self._hook(event, self._team, "team") for event in events] if events else [])

    def found(self) -> list[Hook]:
        """What is there in every pipeline and in the team, everybody's."""
        paths = {f"/v2/pipelines/{row['key']}/webhooks": f"pipeline {row.get('name')}" for row in self._pipelines}
        paths[f"/v2/teams/{self._team['key']}/webhooks"] = f"team {self._team.get('name')}"
        hooks: dict[str, Hook] = {}
        for path, place in paths.items():
            for row in self._rows(path):
                scope = row.get("pipelineKey") or row.get("teamKey") or path.split("/")[-2]
                event = frozenset([str(row.get("event"))])
                hooks.setdefault(row["key"], Hook(str(row.get("targetUrl")), event, scope, place, row["key"]))
        return list(hooks.values())

    def make(self, hook: Hook, before: Container[str]) -> None:
        """Register it. `before`: keys of what was there."""
        (event,) = hook.events
        scope = {"teamKey" if hook.scope == self._team["key"] else "pipelineKey": hook.scope}
        body = {"event": event, "targetUrl": hook.url, "token": self._token}
        self.client.create("/v2/webhooks", params=scope, json=body, look_up=lambda: self._made(hook, before))

    def drop(self, hook: Hook) -> None:
        """Take it away."""
        self.client.delete(f"/v2/webhooks/{hook.key}")

    @property
    def _token(self) -> str:
        return self.tokens.split()[0]

    def _hook(self, event: str, row: dict[str, Any], kind: str) -> Hook:
        url = f"{self.public_url}/hooks/streak/{quote(self._token, safe='')}/{event}"
        return Hook(url, frozenset([event]), row["key"], f"{kind} {row.get('name')}")

    def _made(self, hook: Hook, before: Container[str]) -> Hook | None:
        return next((one for one in self.found() if one.does(hook) and one.key not in before), None)

    @cached_property
    def _team(self) -> dict[str, Any]:
        teams = self._rows("/v2/users/me/teams")
        fitting = [row for row in teams if self.team_named in (None, "", row["key"], row.get("name"))]
        if len(fitting) != 1:
            names = ", ".join(str(row.get("name")) for row in teams) or "none"
            raise click.ClickException(f"set TAP_STREAK_TEAM to one of the teams of this key: {names}")
        return fitting[0]

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
        """Those that the tap reads."""
        named = set(self.pipelines_named)
        return [row for row in self._pipelines if not named or named & {row["key"], row.get("name")}]

    def _rows(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, in either envelope."""
        rows: dict[str, dict[str, Any]] = {}
        for page in range(MOST_PAGES):
            answer = self.client.get(path, params={"page": page} if page else None)
            new = answer.get("results") if isinstance(answer, dict) else answer
            if not isinstance(new, list):
                raise click.ClickException("the host answers, but not as the Streak API does: check TAP_STREAK_API_URL")
            before = len(rows)
            rows |= {row["key"]: row for row in new}
            if len(rows) == before or not (isinstance(answer, dict) and answer.get("hasNextPage")):
                break
        return list(rows.values())
