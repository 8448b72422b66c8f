"""One client for one Streak account, as the settings describe it; the team and its people once it is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from logging import Logger
from typing import Any

from singer_rest import ApiFindings, FatalRunError, Ledger, LogOnce, RateLimit, RestClient, masked
from streak_api.auth import api_root, streak_auth
from streak_api.errors import GONE_PHRASES, stopping
from streak_api.teams import Account

from target_streak.catalog import Catalog
from target_streak.cut_over import CutOver, Rule
from target_streak.dedupe_index import DedupeIndex
from target_streak.evidence import unsure_boxes
from target_streak.provisioner import Provisioner
from target_streak.team_lists import TeamLists

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
KEYS, WORDS = "keys", "words"
"""Subject and topic of the findings about keys that do not exist; the words are those of a 400."""
UNKNOWN_KINDS = ("box", "contact")
OUT_OF_SIGHT = {400, 401, 403}
WITHOUT_ACCESS = {"PayerOnly", "ArchiveOnly"}


def streak_client(config: Mapping[str, Any]) -> RestClient:
    """The client that all lanes share. FatalRunError without credentials, or where anybody could read them."""
    return RestClient(
        base_url=api_root(config),
        auth=streak_auth(config, "api_key (TARGET_STREAK_API_KEY)"),
        rate=RateLimit(config.get("requests_per_second", 7)),
        retry_seconds=config.get("retry_seconds", 120),
        request_timeout=config.get("request_timeout", 30),
        user_agent=config.get("user_agent") or f"target-streak/{version('target-streak')}",
        pool=config.get("concurrency", 8),
        late_seconds=max(0.0, config.get("search_lag_seconds", 90) - config.get("request_timeout", 30)),
    )


class Connection:
    """A signed-in team: its names, people and lists, and the ledger of what is written there."""

    def __init__(  # noqa: PLR0913 - settings, by name
        self,
        client: RestClient,
        ledger: Ledger,
        account: Account,
        config: Mapping[str, Any],
        logger: Logger,
        *,
        dry_run: bool = False,
        settle_seconds: float = 30,
    ) -> None:
        """Read the pipelines (1 call); in a dry run nothing is made or bound. FatalRunError for what can't work."""
        once = LogOnce(logger)
        self.gone = gone_signs(ApiFindings(ledger.bindings, KEYS))
        """The statuses, and the phrases of a 400, that say of a record that it does not exist."""
        self.account, self.ledger, self.dry_run = account, ledger, dry_run
        self.log: Callable[[str], object] = partial(logger.info, "%s")
        self.contacts_need_email = config.get("contact_without_email") != "create"
        self.catalog = Catalog(client, ledger, account, once, dry_run=dry_run)
        self.members = Members(account, config.get("default_assignee"), once)
        with stopping("the list of pipelines"):
            self.catalog.read_all()
        create = bool(config.get("create_missing_fields"))
        self.provisioner = Provisioner(self.catalog, create_missing_fields=create, settle_seconds=settle_seconds)
        self.lists, self.dedupe = TeamLists(client, self.catalog), DedupeIndex(ledger)
        rule, plan = Rule.of(config), (config.get("dry_run_file") or "") if dry_run else None
        self.unsure_boxes = unsure_boxes(ledger)
        """Boxes that `rebuild-links` linked by order id alone, in pipelines where the mapping makes none."""
        self.cut_over = CutOver(rule, self.catalog, self.lists, self.dedupe, plan) if rule else None
        """The boxes of another tool, where settings say how they are known."""


def gone_signs(findings: ApiFindings) -> tuple[frozenset[int], tuple[str, ...]]:
    """By which statuses and words Streak says that a record does not exist: those that are known, and those found out.

    Not by 401 and 403, which mean a record out of the key's sight, too.
    """
    answers = (findings.get(f"unknown {kind}") for kind in UNKNOWN_KINDS)
    statuses = {int(answer) for answer in answers if answer and answer.isdecimal()} - OUT_OF_SIGHT
    words = findings.get(WORDS)
    return frozenset({404, 410, *statuses}) - {200}, (*GONE_PHRASES, *([words] if words else []))


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
        self._default = self._emails.get(default_assignee.strip().casefold()) if default_assignee else None
        if default_assignee and self._default is None:
            raise FatalRunError(f"default_assignee {masked(default_assignee)} is no member of team {self._team!r}")

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
