"""Whose key it is, and the team that is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError, masked

from target_streak.connection import stopping
from target_streak.names import listed, nearest

if TYPE_CHECKING:
    from singer_rest.http.client import RestClient


@dataclass(frozen=True, slots=True)
class Account:
    """The key's user and the team, as Streak shows them."""

    me: dict[str, Any]
    team: dict[str, Any]

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


def sign_in(client: RestClient, team: str | None = None) -> Account:
    """Ask who the key is and choose the team by key or name (2 calls).

    FatalRunError when the key is refused, the host does not answer as Streak does, or the team is unknown or ambiguous.
    """
    try:
        me = client.get("/v1/users/me")
    except ApiError as refused:
        raise FatalRunError(refusal(refused)) from refused
    except ApiUnavailable as unreachable:
        raise FatalRunError(f"Streak does not answer: {unreachable}") from unreachable
    if not isinstance(me, dict) or not me.get("email"):
        raise FatalRunError(
            "the host answers, but not as the Streak API does: check api_url (…/api, without a version)"
        )
    with stopping("the list of teams"):
        teams = _teams(client)
    return Account(me, choose_team(teams, team))


def choose_team(teams: list[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    """Pick the team by key or exact name; the only one when nothing is wanted."""
    if not teams:
        raise FatalRunError("the user of this API key is in no Streak team: make one in Streak first")
    if wanted is None or not wanted.strip():
        return _only(teams)
    found = [team for team in teams if team.get("key") == wanted] or [
        team for team in teams if team.get("name") == wanted.strip()
    ]
    if len(found) == 1:
        return found[0]
    names = [str(team.get("name")) for team in teams]
    if found:
        keys = listed([str(team["key"]) for team in found])
        raise FatalRunError(f"team {wanted!r} is ambiguous, set `team` to one of the keys {keys}")
    raise FatalRunError(
        f"team {wanted!r} is unknown to this API key{nearest(wanted, names)} (there are {listed(names)})"
    )


def _only(teams: list[dict[str, Any]]) -> dict[str, Any]:
    if len(teams) == 1:
        return teams[0]
    names = listed([f"{team.get('name')} ({team['key']})" for team in teams])
    raise FatalRunError(f"this API key is in several teams, set `team` to a name or key of {names}")


def _teams(client: RestClient) -> list[dict[str, Any]]:
    teams: list[dict[str, Any]] = []
    page = 0
    while True:
        answer = client.get("/v2/users/me/teams", params={"page": page})
        teams += answer["results"]
        if not answer["results"] or not answer.get("hasNextPage"):
            return teams
        page += 1


def refusal(refused: ApiError) -> str:
    """Say what it means when Streak does not say who the key is."""
    if refused.status in {401, 403}:
        return f"Streak refuses the API key ({masked(refused.reason)}): check api_key"
    return f"the host answers {refused.status} ({masked(refused.reason)}), not as the Streak API does: check api_url"
