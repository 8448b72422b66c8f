"""One client for one Streak account, as the settings describe it, and what is known once it is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from logging import Logger
from typing import Any

from singer_rest import Ledger, LogOnce, RateLimit, RestClient
from streak_api.auth import api_root, streak_auth
from streak_api.errors import stopping
from streak_api.teams import Account

from target_streak.catalog import Catalog
from target_streak.cut_over import CutOver, Rule
from target_streak.dedupe_index import DedupeIndex
from target_streak.members import Members
from target_streak.provisioner import Provisioner
from target_streak.team_lists import TeamLists


@dataclass(frozen=True, slots=True)
class Connection:
    """A signed-in team: its names, people and lists, and the ledger of what is written there."""

    account: Account
    ledger: Ledger
    catalog: Catalog
    provisioner: Provisioner
    members: Members
    lists: TeamLists
    dedupe: DedupeIndex
    cut_over: CutOver | None
    """The boxes of another tool, where settings say how they are known."""
    contacts_need_email: bool
    log: Callable[[str], object]


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


def connect(  # noqa: PLR0913 - settings, by name
    client: RestClient,
    ledger: Ledger,
    account: Account,
    config: Mapping[str, Any],
    logger: Logger,
    *,
    dry_run: bool = False,
    settle_seconds: float = 30,
) -> Connection:
    """Read the team's pipelines (1 call); in a dry run nothing is made or bound. FatalRunError for what can't work."""
    once = LogOnce(logger)
    catalog = Catalog(client, ledger, account, once, remember=not dry_run)
    members = Members(account, config.get("default_assignee"), once)
    with stopping("the list of pipelines"):
        catalog.read_all()
    provisioner = Provisioner(
        client,
        ledger,
        catalog,
        once,
        create_missing_fields=bool(config.get("create_missing_fields")),
        dry_run=dry_run,
        settle_seconds=settle_seconds,
    )
    lists, dedupe = TeamLists(client, catalog), DedupeIndex(ledger)
    rule, plan = Rule.of(config), (config.get("dry_run_file") or "") if dry_run else None
    return Connection(
        account,
        ledger,
        catalog,
        provisioner,
        members,
        lists,
        dedupe,
        CutOver(rule, catalog, lists, ledger=ledger, dedupe=dedupe, plan=plan) if rule else None,
        contacts_need_email=config.get("contact_without_email") != "create",
        log=partial(logger.info, "%s"),
    )
