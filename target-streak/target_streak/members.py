"""Reps: only members of the team can be assigned to anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from singer_rest import FatalRunError, LogOnce, masked
from streak_api.teams import Account

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
WITHOUT_ACCESS = {"PayerOnly", "ArchiveOnly"}


class Members:
    """The team's members by e-mail address, and who stands in for a rep who is none."""

    def __init__(self, account: Account, default_assignee: str | None, once: LogOnce) -> None:
        self._team = account.team_name
        self._once = once
        self._emails = {
            member["email"].casefold(): str(member["email"])
            for member in account.team.get("members") or []
            if member.get("email") and member.get("role") not in WITHOUT_ACCESS
        }
        self._default = self._member_or_stop(default_assignee) if default_assignee else None

    def __len__(self) -> int:
        return len(self._emails)

    def assignees(self, emails: Iterable[str]) -> list[dict[str, Any]]:
        """`[{"email": …}]` for Streak, each member once; a stranger is logged once and replaced or left out."""
        assigned = (self._emails.get(email.strip().casefold()) or self._stranger(email) for email in emails)
        return [{"email": email} for email in dict.fromkeys(assigned) if email]

    def _stranger(self, email: str) -> str | None:
        instead = f"{masked(self._default)} stands in" if self._default else "nobody is assigned instead"
        rep = f"rep {masked(email)}" if ADDRESS.fullmatch(email.strip()) else "a rep without an e-mail address"
        self._once.warning(f"{rep} is no member of team {self._team!r}; {instead}", about=email.casefold())
        return self._default

    def _member_or_stop(self, email: str) -> str:
        member = self._emails.get(email.strip().casefold())
        if member is None:
            raise FatalRunError(f"default_assignee {masked(email)} is no member of team {self._team!r}")
        return member
