"""`target-streak check` and `setup`: say what a run would use and what stands in its way; make what is missing."""

from __future__ import annotations

import io
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from select import select
from typing import Any, TypeVar

from singer_rest import FatalRunError, Ledger, RestClient
from streak_api.auth import API_URL
from streak_api.errors import stopping
from streak_api.names import counted
from streak_api.pipelines import TEAM_SETTINGS, Pipeline
from streak_api.teams import Account, sign_in

from target_streak.canary import canary
from target_streak.connection import WITHOUT_ACCESS, Connection, streak_client
from target_streak.missing import compare, grouped
from target_streak.probe import probe
from target_streak.requirements import Requirements, requirements_of

OpenLedger = Callable[[Account], Ledger]
Write = Callable[[str], object]
T = TypeVar("T")

LOGGER = logging.getLogger("target-streak")
SECONDS_TO_FIRST_LINE = 20.0


def check(
    config: Mapping[str, Any], lines: Iterable[str], open_ledger: OpenLedger, write: Write, *, look: bool = False
) -> int:
    """Check key, team, pipelines and rights, with SCHEMA lines also stages and fields; 0 when a run can go.

    It changes nothing. `look`: also find out, and remember, what Streak does where that is only assumed.

    Raises:
        FatalRunError: nothing more can be checked, for the key, the host, the team or the ledger.
    """
    client = streak_client(config)
    connection = _connected(config, open_ledger, client, dry_run=True)
    _write_account(config, connection, write)
    role = connection.account.role
    problems = [f"as {role} this user can't write: make it a member in Streak"] if role in WITHOUT_ACCESS else []
    required = read_requirements(lines)
    for requirements in required:
        problems += _check_names(connection, requirements, write, may_make=bool(config.get("create_missing_fields")))
    if not required:
        write(f"Names:      not checked; pipe the mapping's SCHEMAs in: {_with_schemas('check')}")
    for problem in problems:
        write(f"  problem:  {problem}")
    if look:
        _write_table(write, lambda: probe(connection, client, write))
    how = _with_schemas("setup")
    write(f"{counted(len(problems), 'problem')}. What is missing can be made: {how}" if problems else "All is well.")
    return 1 if problems else 0


def setup(
    config: Mapping[str, Any],
    lines: Iterable[str],
    open_ledger: OpenLedger,
    write: Write,
    *,
    dry_run: bool = False,
) -> int:
    """Make the pipelines, stages, fields and options that SCHEMAs name, or in a dry run only say it; 0 when all exist.

    Nothing is ever removed or renamed, and a second time there is nothing to do.

    Raises:
        FatalRunError: the key, the host, the team or the ledger is at fault, or Streak refuses to make something.
    """
    required = read_requirements(lines)
    if not required:
        write(f"No SCHEMA message came in, so nothing is named that could be made. Try: {_with_schemas('setup')}")
        return 1
    connection = _connected(config, open_ledger, streak_client(config), dry_run=dry_run)
    every = compare(connection.catalog, *required)
    conflicts = [*every.conflicts, *every.retyped]
    by_hand = [f"make {missing} by hand" for missing in every.missing if not missing.makeable]
    for problem in [*conflicts, *by_hand]:
        write(f"  problem: {problem}")
    if conflicts:
        write("Nothing was made.")
        return 1
    plan = [missing for missing in every.missing if missing.makeable]
    for missing in plan:
        write(f"  {'to make' if dry_run else 'making'}: {missing}")
    if not dry_run:
        for requirements in required:
            connection.provisioner.make_all(requirements)
    team = f"team {connection.account.team_name!r}"
    made = ", ".join(counted(number, kind) for kind, number in Counter(missing.kind for missing in plan).items())
    if not plan:
        write(f"Nothing to make: everything that the records name is in {team}.")
    else:
        write(f"A dry run: {made} would be made in {team}." if dry_run else f"Made {made} in {team}.")
    return 1 if by_hand else 0


def try_out(config: Mapping[str, Any], open_ledger: OpenLedger, write: Write) -> int:
    """Write to a scratch pipeline to find out what Streak keeps, and remove it; 0 when nothing is left behind.

    Raises:
        FatalRunError: the key, the host, the team or the ledger is at fault, or Streak makes no pipeline.
    """
    client = streak_client(config)
    connection = _connected(config, open_ledger, client, dry_run=False)
    with stopping("a scratch pipeline"):
        return _write_table(write, lambda: canary(connection, client, write))


def _write_table(write: Write, find_out: Callable[[], T]) -> T:
    """Print the table that `find_out` writes, with what it is good for."""
    write("What this target assumes of Streak (no key and nothing of any person is in this table):")
    result = find_out()
    write("The ledger remembers it. Where Streak is not as assumed, the project is glad to hear of it.")
    return result


def read_requirements(lines: Iterable[str]) -> list[Requirements]:
    """What the SCHEMA messages among the lines require; the last one of a stream counts."""
    schemas: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(_incoming(lines) if isinstance(lines, io.TextIOBase) else lines, 1):
        if '"SCHEMA"' not in line:
            continue
        try:
            message = json.loads(line)
            if message["type"] == "SCHEMA":
                schemas[str(message["stream"])] = message["schema"]
        except (ValueError, KeyError, TypeError) as broken:
            raise FatalRunError(f"line {number} of the input is no Singer message") from broken
    return [requirements_of(stream, schema) for stream, schema in schemas.items()]


def _incoming(stream: io.TextIOBase) -> Iterable[str]:
    """The lines of a file; none from a terminal, or from a pipe on which nothing comes for 20 s."""
    if stream.isatty():
        return ()
    try:
        ready, _, _ = select([stream], [], [], SECONDS_TO_FIRST_LINE)
    except (io.UnsupportedOperation, OSError):  # no file, or a system that waits for sockets only
        return stream
    return stream if ready else ()


def _with_schemas(command: str) -> str:
    """The command line that names what the mapping needs, as it works where this one was called."""
    program = "meltano invoke target-streak" if "MELTANO_PROJECT_ROOT" in os.environ else "target-streak --config=ENV"
    return f"mapper-crosswalk schemas MAPPING.yml | {program} {command}"


def _connected(config: Mapping[str, Any], open_ledger: OpenLedger, client: RestClient, *, dry_run: bool) -> Connection:
    """Sign in, open the ledger of that team and read the pipelines."""
    account = sign_in(client, config.get("team"))
    return Connection(client, open_ledger(account), account, config, LOGGER, dry_run=dry_run)


def _write_account(config: Mapping[str, Any], connection: Connection, write: Write) -> None:
    account, pipelines = connection.account, connection.catalog.pipelines
    write(f"Streak:     {config.get('api_url') or API_URL}")
    write(f"Key of:     {account.me['email']}, {account.role} of the team")
    write(f"Team:       {account.team_name} ({account.team_key}), {len(connection.members)} people can be assigned")
    write(f"Stand-in:   {config.get('default_assignee') or 'nobody'}, for reps who are no members (default_assignee)")
    for pipeline in pipelines:
        contents = f"{counted(len(pipeline.stages), 'stage')}, {counted(len(pipeline.fields), 'field')}"
        read_only = ", read only for this key" if _is_read_only(connection, pipeline) else ""
        write(f"Pipeline:   {pipeline.name}: {contents}{read_only}")
    if not pipelines:
        write("Pipelines:  none yet")


def _is_read_only(connection: Connection, pipeline: Pipeline) -> bool:
    return connection.account.user_key in pipeline.read_only_for


def _check_names(connection: Connection, requirements: Requirements, write: Write, *, may_make: bool) -> list[str]:
    """The problems with what the records of a stream will name."""
    comparison = compare(connection.catalog, requirements)
    for missing in comparison.missing:
        if may_make and missing.made_by_run:
            write(f"  to make:  {missing} (create_missing_fields)")
    if requirements.stream == "boxes" or (requirements.stream in TEAM_SETTINGS and requirements.fields):
        names = {"pipeline": requirements.pipelines, "stage": requirements.stages, "field": requirements.fields}
        named = ", ".join(counted(len(each), kind) for kind, each in names.items())
        write(f"Names:      {named} in the SCHEMA of {requirements.stream}")
    for changed in comparison.changed:
        write(f"  changed:  {changed}")
    deleted = (str(missing.problem) for missing in comparison.missing if missing.deleted)
    read_only = (
        f"pipeline {pipeline.name!r} is read only for this key"
        for pipeline in connection.catalog.pipelines
        if pipeline.name in requirements.pipelines and _is_read_only(connection, pipeline)
    )
    lacking = comparison.lacking(may_make=may_make)
    return [*comparison.conflicts, *grouped(lacking), *deleted, *comparison.retyped, *read_only]
