"""`target-streak check`: says what a run would use, and what stands in its way. It changes nothing."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from singer_rest import Ledger
from streak_api.auth import API_URL
from streak_api.names import counted
from streak_api.pipelines import TEAM_SETTINGS, Pipeline
from streak_api.teams import Account, sign_in

from target_streak.connection import Connection, connect, streak_client
from target_streak.members import WITHOUT_ACCESS
from target_streak.missing import compare, grouped
from target_streak.requirements import Requirements
from target_streak.schema_input import read_requirements

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
    required = read_requirements(lines)
    for requirements in required:
        problems += _names(connection, requirements, write, may_make=bool(config.get("create_missing_fields")))
    if not required:
        write(f"Names:      not checked; pipe the mapping's SCHEMAs in: {with_schemas('check')}")
    for problem in problems:
        write(f"  problem:  {problem}")
    how = with_schemas("setup")
    write(f"{counted(len(problems), 'problem')}. What is missing can be made: {how}" if problems else "All is well.")
    return 1 if problems else 0


def with_schemas(command: str) -> str:
    """Give the command line that names what the mapping needs, as it works where this one was called."""
    program = "meltano invoke target-streak" if "MELTANO_PROJECT_ROOT" in os.environ else "target-streak --config=ENV"
    return f"mapper-crosswalk schemas MAPPING.yml | {program} {command}"


def connected(config: Mapping[str, Any], open_ledger: OpenLedger, *, dry_run: bool) -> Connection:
    """Sign in, open the ledger of that team and read the pipelines."""
    client = streak_client(config)
    account = sign_in(client, config.get("team"))
    return connect(client, open_ledger(account), account, config, LOGGER, dry_run=dry_run)


def _write_account(config: Mapping[str, Any], connection: Connection, write: Write) -> None:
    account, catalog = connection.account, connection.catalog
    write(f"Streak:     {config.get('api_url') or API_URL}")
    write(f"Key of:     {account.me['email']}, {account.role} of the team")
    write(f"Team:       {account.team_name} ({account.team_key}), {len(connection.members)} people can be assigned")
    write(f"Stand-in:   {config.get('default_assignee') or 'nobody'}, for reps who are no members (default_assignee)")
    for pipeline in catalog.pipelines:
        write(f"Pipeline:   {pipeline.name}: {_contents(connection, pipeline)}")
    if not catalog.pipelines:
        write("Pipelines:  none yet")


def _contents(connection: Connection, pipeline: Pipeline) -> str:
    contents = f"{counted(len(pipeline.stages), 'stage')}, {counted(len(pipeline.fields), 'field')}"
    return f"{contents}, read only for this key" if _read_only(connection, pipeline) else contents


def _read_only(connection: Connection, pipeline: Pipeline) -> bool:
    return connection.account.user_key in pipeline.read_only_for


def _rights(connection: Connection) -> list[str]:
    role = connection.account.role
    return [f"as {role} this user can't write: make it a member in Streak"] if role in WITHOUT_ACCESS else []


def _names(connection: Connection, requirements: Requirements, write: Write, *, may_make: bool) -> list[str]:
    comparison = compare(connection.catalog, requirements)
    to_make = [missing for missing in comparison.missing if may_make and missing.made_by_run]
    for missing in to_make:
        write(f"  to make:  {missing} (create_missing_fields)")
    lacking = [
        missing for missing in comparison.missing if not (missing in to_make or missing.implied or missing.deleted)
    ]
    deleted = (str(missing.problem) for missing in comparison.missing if missing.deleted)
    problems = [*comparison.conflicts, *grouped(lacking), *deleted, *comparison.retyped]
    problems += [
        f"pipeline {pipeline.name!r} is read only for this key"
        for pipeline in connection.catalog.pipelines
        if pipeline.name in requirements.pipelines and _read_only(connection, pipeline)
    ]
    if requirements.stream == "boxes" or (requirements.stream in TEAM_SETTINGS and requirements.fields):
        write(f"Names:      {_named(requirements)} in the SCHEMA of {requirements.stream}")
    return problems


def _named(requirements: Requirements) -> str:
    names = {"pipeline": requirements.pipelines, "stage": requirements.stages, "field": requirements.fields}
    return ", ".join(counted(len(named), kind) for kind, named in names.items())
