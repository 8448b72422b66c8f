"""`target-streak setup`: makes the pipelines, stages, fields and options that SCHEMA messages name, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streak_api.names import counted

from target_streak.check import OpenLedger, Write, connected, with_schemas
from target_streak.connection import Connection
from target_streak.missing import Comparison, Missing, compare
from target_streak.requirements import Requirements
from target_streak.schema_input import read_requirements


def setup(
    config: Mapping[str, Any],
    lines: Iterable[str],
    open_ledger: OpenLedger,
    write: Write,
    *,
    dry_run: bool = False,
) -> int:
    """Make what is missing, or in a dry run only say it; 0 when everything named is there in the end.

    Nothing is ever removed or renamed, and a second time there is nothing to do.

    Raises:
        FatalRunError: the key, the host, the team or the ledger is at fault, or Streak refuses to make something.
    """
    required = read_requirements(lines)
    if not required:
        write(f"No SCHEMA message came in, so nothing is named that could be made. Try: {with_schemas('setup')}")
        return 1
    connection = connected(config, open_ledger, dry_run=dry_run)
    comparison = _compare_all(connection, required)
    by_hand = [f"make {missing} by hand" for missing in comparison.missing if not missing.makeable]
    for problem in [*comparison.conflicts, *by_hand]:
        write(f"  problem: {problem}")
    if comparison.conflicts:
        write("Nothing was made.")
        return 1
    plan = [missing for missing in comparison.missing if missing.makeable]
    for missing in plan:
        write(f"  {'to make' if dry_run else 'making'}: {missing}")
    if not dry_run:
        for requirements in required:
            connection.provisioner.make_all(requirements)
    write(_summary(plan, connection, dry_run=dry_run))
    return 1 if by_hand else 0


def _compare_all(connection: Connection, required: Sequence[Requirements]) -> Comparison:
    every = Comparison()
    for requirements in required:
        comparison = compare(connection.catalog, requirements)
        every.missing += comparison.missing
        every.conflicts += [*comparison.conflicts, *comparison.retyped]
    return every


def _summary(plan: Sequence[Missing], connection: Connection, *, dry_run: bool) -> str:
    team = f"team {connection.account.team_name!r}"
    if not plan:
        return f"Nothing to make: everything that the records name is in {team}."
    counts = Counter(missing.kind for missing in plan)
    made = ", ".join(counted(number, kind) for kind, number in counts.items())
    return f"A dry run: {made} would be made in {team}." if dry_run else f"Made {made} in {team}."
