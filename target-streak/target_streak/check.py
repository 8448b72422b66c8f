"""`target-streak --check`: says what a run would use, and what stands in its way. It changes nothing."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from target_streak.account import sign_in
from target_streak.announced import announced
from target_streak.connection import API_URL, streak_client
from target_streak.members import WITHOUT_ACCESS
from target_streak.names import counted
from target_streak.pipelines import TEAM_SETTINGS
from target_streak.review import grouped, review, will_be_made
from target_streak.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_rest.ledger import Ledger

    from target_streak.account import Account
    from target_streak.needs import Needs
    from target_streak.pipelines import Pipeline
    from target_streak.workspace import Connection

    OpenLedger = Callable[[Account], Ledger]
    Write = Callable[[str], object]

LOGGER = logging.getLogger("target-streak")


def check(config: Mapping[str, Any], lines: Iterable[str], open_ledger: OpenLedger, write: Write) -> int:
    """Check key, team, pipelines and rights, with SCHEMA lines also stages and fields; 0 when a run can go.

    Raises:
        FatalRunError: nothing more can be checked, for the key, the host, the team or the ledger.
    """
    connection = connected(config, open_ledger, dry_run=True)
    _write_account(config, connection, write)
    problems = _rights(connection)
    wanted = announced(lines)
    for needs in wanted:
        problems += _names(connection, needs, write, may_make=bool(config.get("create_missing_fields")))
    if not wanted:
        write(f"Names:      not checked; pipe the mapping's SCHEMAs in: {with_schemas('--check')}")
    for problem in problems:
        write(f"  problem:  {problem}")
    how = with_schemas("--setup")
    write(f"{counted(len(problems), 'problem')}. What is missing can be made: {how}" if problems else "All is well.")
    return 1 if problems else 0


def with_schemas(option: str) -> str:
    """Give the command line that names what the mapping needs, as it works where this one was called."""
    program = "meltano invoke target-streak" if "MELTANO_PROJECT_ROOT" in os.environ else "target-streak --config=ENV"
    return f"mapper-crosswalk schemas MAPPING.yml | {program} {option}"


def connected(config: Mapping[str, Any], open_ledger: OpenLedger, *, dry_run: bool) -> Connection:
    """Sign in, open the ledger of that team and read the pipelines."""
    client = streak_client(config)
    account = sign_in(client, config.get("team"))
    workspace = Workspace(
        client,
        open_ledger(account),
        team=account,
        create_missing_fields=bool(config.get("create_missing_fields")),
        default_assignee=config.get("default_assignee"),
        logger=LOGGER,
        dry_run=dry_run,
    )
    return workspace.connect()


def _write_account(config: Mapping[str, Any], connection: Connection, write: Write) -> None:
    account, directory = connection.account, connection.directory
    write(f"Streak:     {config.get('api_url') or API_URL}")
    write(f"Key of:     {account.me['email']}, {account.role} of the team")
    write(f"Team:       {account.team_name} ({account.team_key}), {len(connection.members)} people can be assigned")
    write(f"Stand-in:   {config.get('default_assignee') or 'nobody'}, for reps who are no members (default_assignee)")
    for pipeline in directory.pipelines:
        write(f"Pipeline:   {pipeline.name}: {_contents(connection, pipeline)}")
    if not directory.pipelines:
        write("Pipelines:  none yet")


def _contents(connection: Connection, pipeline: Pipeline) -> str:
    contents = f"{counted(len(pipeline.stages), 'stage')}, {counted(len(pipeline.fields), 'field')}"
    return f"{contents}, read only for this key" if _read_only(connection, pipeline) else contents


def _read_only(connection: Connection, pipeline: Pipeline) -> bool:
    return connection.account.user_key in pipeline.read_only_for


def _rights(connection: Connection) -> list[str]:
    role = connection.account.role
    return [f"as {role} this user can't write: make it a member in Streak"] if role in WITHOUT_ACCESS else []


def _names(connection: Connection, needs: Needs, write: Write, *, may_make: bool) -> list[str]:
    found = review(connection.directory, needs)
    to_make = [lack for lack in found.lacks if may_make and will_be_made(lack)]
    for lack in to_make:
        write(f"  to make:  {lack} (create_missing_fields)")
    open_lacks = [lack for lack in found.lacks if not (lack in to_make or lack.implied or lack.deleted)]
    deleted = (str(lack.problem) for lack in found.lacks if lack.deleted)
    problems = [*found.conflicts, *grouped(open_lacks), *deleted, *found.retyped]
    problems += [
        f"pipeline {pipeline.name!r} is read only for this key"
        for pipeline in connection.directory.pipelines
        if pipeline.name in needs.pipelines and _read_only(connection, pipeline)
    ]
    if needs.stream == "boxes" or (needs.stream in TEAM_SETTINGS and needs.fields):
        write(f"Names:      {_named(needs)} in the SCHEMA of {needs.stream}")
    return problems


def _named(needs: Needs) -> str:
    names = {"pipeline": needs.pipelines, "stage": needs.stages, "field": needs.fields}
    return ", ".join(counted(len(named), kind) for kind, named in names.items())
