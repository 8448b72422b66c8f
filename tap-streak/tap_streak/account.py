"""What the key may see: the team, its members, and the pipelines to read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from singer_rest import ApiError, RestClient
from streak_api.paging import Row, pages, rows_of
from streak_api.pipelines import choose_pipelines, pipeline_rows
from streak_api.teams import choose_team, read_teams


class Account:
    """One team at Streak. Everything is asked for once a run."""

    def __init__(self, client: RestClient, config: Mapping[str, Any]) -> None:
        self._client = client
        self._config = config

    @cached_property
    def team(self) -> Row | None:
        """The team of the settings, or the only one; None for a user without a team."""
        teams, wanted = read_teams(self._client), self._config.get("team")
        return choose_team(teams, wanted) if teams or wanted else None

    def forget_team(self) -> None:
        """Ask for the team again when it is needed."""
        for name in ("team", "emails"):
            self.__dict__.pop(name, None)

    @cached_property
    def users(self) -> list[Row]:
        """The team's users, or what the team tells of its members where they can't be listed."""
        if not self.team:
            return []
        try:
            return rows_of(pages(self._client, f"/v2/teams/{self.team['key']}/users", self._config["page_size"]))
        except ApiError as refused:
            if not refused.unknown:
                raise
            return [{"key": member["userKey"], **member} for member in self.team.get("members") or []]

    @cached_property
    def emails(self) -> dict[str, str]:
        """E-mails of the members by their user key."""
        members = (self.team or {}).get("members") or []
        return {member["userKey"]: member["email"] for member in members if member.get("email")}

    @cached_property
    def visible(self) -> list[Row]:
        """All pipelines that the key may see."""
        return pipeline_rows(self._client)

    @cached_property
    def pipelines(self) -> dict[str, Row]:
        """The pipelines to read, by key. Raises FatalRunError for a setting that names none."""
        team_key = self.team["key"] if self.team and self._config.get("team") else None
        ours = [row for row in self.visible if not team_key or row.get("teamKey") in {None, team_key}]
        return {row["key"]: row for row in choose_pipelines(ours, self._config.get("pipelines") or [])}
