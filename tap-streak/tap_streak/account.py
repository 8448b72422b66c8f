"""What the key may see: the team, its members, and the pipelines to read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, FatalRunError

from tap_streak.paging import opened, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_rest.http.client import RestClient

    from tap_streak.client import Row


class Account:
    """One team at Streak. Everything is asked for once a run."""

    def __init__(self, client: RestClient, config: Mapping[str, Any]) -> None:
        self._client = client
        self._config = config
        self._limit: int = config["page_size"]

    @cached_property
    def team(self) -> Row | None:
        """The team of the settings, or the only one; None for a user without a team."""
        found = [row for page in pages(self._client, "/v2/users/me/teams", self._limit) for row in page.rows]
        wanted = self._config.get("team")
        fitting = _named(found, wanted) if wanted else found
        if len(fitting) == 1:
            return fitting[0]
        if found and not wanted:
            raise FatalRunError(f"team is missing: the key is in several, {_listed(found)}")
        if wanted:
            which = f"{len(fitting)} teams: set its key" if fitting else f"no team; there is {_listed(found)}"
            raise FatalRunError(f"team names {which}")
        return None

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
            path = f"/v2/teams/{self.team['key']}/users"
            return [row for page in pages(self._client, path, self._limit) for row in page.rows]
        except ApiError as error:
            if not error.unknown:
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
        try:
            body = self._client.ask("GET", "/v1/pipelines", expect=opened).body
        except ApiError as error:
            if not error.unknown:
                raise
            return self._paged("/v2/pipelines")
        envelope = opened(body)
        return self._paged("/v1/pipelines") if envelope.more else envelope.rows

    def _paged(self, path: str) -> list[Row]:
        return [row for page in pages(self._client, path, self._limit) for row in page.rows]

    @cached_property
    def pipelines(self) -> dict[str, Row]:
        """The pipelines to read, by key. Raises FatalRunError for a setting that names none."""
        team = self.team["key"] if self.team and self._config.get("team") else None
        found = [row for row in self.visible if not team or row.get("teamKey") in (None, team)]
        wanted = self._config.get("pipelines") or []
        missing = [name for name in wanted if not _named(found, name)]
        if missing:
            raise FatalRunError(f"pipelines names {', '.join(map(repr, missing))}; there is {_listed(found)}")
        chosen = [row for row in found if not wanted or any(_named([row], name) for name in wanted)]
        return {row["key"]: row for row in chosen}

    def connect(self) -> None:
        """Ask for what every run needs, so that a mistake is found before anything is emitted."""
        _ = self.team, self.pipelines


def _named(rows: Iterable[Row], wanted: str) -> list[Row]:
    return [row for row in rows if wanted in (row["key"], row.get("name"))]


def _listed(rows: Iterable[Row]) -> str:
    return ", ".join(repr(row.get("name") or row["key"]) for row in rows) or "none"
