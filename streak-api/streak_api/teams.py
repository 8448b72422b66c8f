"""Whose key it is, and the team that it works in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from singer_rest import ApiError, ApiUnavailable, FatalRunError, RestClient, origin_of

from streak_api.auth import api_root
from streak_api.errors import key_refusal, stopping
from streak_api.names import listed, nearest
from streak_api.paging import Row, pages, rows_of


@dataclass(frozen=True, slots=True)
class Account:
    """The key's user and the team, as Streak shows them."""

    me: Row
    team: Row

    @property
    def team_key(self) -> str:
        """Key of the team."""
        return str(self.team["key"])

    @property
    def team_name(self) -> str:
        """Name of the team."""
        return str(self.team.get("name") or self.team_key)

    @property
    def user_key(self) -> str:
        """Key of the API key's user."""
        return str(self.me.get("userKey") or self.me.get("key"))

    @property
    def role(self) -> str:
        """What the key's user may do in the team: `Owner`, `Member`, `PayerOnly` or `ArchiveOnly`."""
        members = self.team.get("members") or []
        roles = (member.get("role") for member in members if member.get("userKey") == self.user_key)
        return str(next(roles, None) or "unknown")


def account_at(config: Mapping[str, Any], team: Row | None) -> str:
    """Name the API and the team: where records of a tap come from, and where a target's go to."""
    return origin_of(api_root(config), str(team["key"]) if team else None)


def sign_in(client: RestClient, team: str | None = None) -> Account:
    """Ask who the key is and choose the team by key or name (2 calls).

    FatalRunError when the key is refused, the host does not answer as Streak does, or the team is unknown or ambiguous.
    """
    me = key_user(client)
    if not isinstance(me, dict) or not me.get("email"):
        raise FatalRunError(
            "the host answers, but not as the Streak API does: check api_url (…/api, without a version)"
        )
    with stopping("the list of teams"):
        teams = read_teams(client)
    return Account(me, choose_team(teams, team))


def key_user(client: RestClient, **options: Any) -> Any:
    """The user of the key (1 call). FatalRunError when Streak refuses the key or is silent."""
    try:
        return client.get("/v1/users/me", **options)
    except ApiError as refused:
        raise FatalRunError(key_refusal(refused)) from refused
    except ApiUnavailable as silent:
        raise FatalRunError(f"Streak does not answer: {silent}") from silent


def read_teams(client: RestClient) -> list[Row]:
    """The teams of the key's user (1 call)."""
    return rows_of(pages(client, "/v2/users/me/teams"))


def choose_team(teams: Sequence[Row], wanted: str | None, setting: str = "team") -> Row:
    """The team of that key or exact name; the only one when nothing is wanted. FatalRunError names `setting`."""
    if not teams:
        raise FatalRunError("the user of this API key is in no Streak team: make one in Streak first")
    if wanted is None or not wanted.strip():
        if len(teams) == 1:
            return teams[0]
        choices = listed([f"{team.get('name')} ({team['key']})" for team in teams])
        raise FatalRunError(f"this API key is in several teams, set `{setting}` to a name or key of {choices}")
    fitting = [team for team in teams if team.get("key") == wanted] or [
        team for team in teams if team.get("name") == wanted.strip()
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        keys = listed([str(team["key"]) for team in fitting])
        raise FatalRunError(f"team {wanted!r} is ambiguous, set `{setting}` to one of the keys {keys}")
    names = [str(team.get("name")) for team in teams]
    raise FatalRunError(
        f"team {wanted!r} is unknown to this API key{nearest(wanted, names)} (there are {listed(names)})"
    )
