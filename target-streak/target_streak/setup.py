"""`target-streak --setup`: makes the pipelines, stages, fields and options that SCHEMA messages name, nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from target_streak.announced import announced
from target_streak.check import connected, with_schemas
from target_streak.connection import stopping
from target_streak.names import counted
from target_streak.review import Missing, Review, review

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_streak.check import OpenLedger, Write
    from target_streak.needs import Needs
    from target_streak.workspace import Connection


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
    wanted = announced(lines)
    if not wanted:
        write(f"No SCHEMA message came in, so nothing is named that could be made. Try: {with_schemas('--setup')}")
        return 1
    connection = connected(config, open_ledger, dry_run=dry_run)
    found = _review(connection, wanted)
    by_hand = [*found.conflicts, *(f"make {lack} by hand" for lack in found.lacks if not lack.makeable)]
    for problem in by_hand:
        write(f"  problem: {problem}")
    if found.conflicts:
        write("Nothing was made.")
        return 1
    plan = [lack for lack in found.lacks if lack.makeable]
    for lack in plan:
        write(f"  {'to make' if dry_run else 'making'}: {lack}")
    if not dry_run:
        _make(connection, wanted)
    write(_summary(plan, connection, dry_run=dry_run))
    return 1 if by_hand else 0


def _review(connection: Connection, wanted: Sequence[Needs]) -> Review:
    found = Review()
    for needs in wanted:
        one = review(connection.directory, needs)
        found.lacks += one.lacks
        found.conflicts += [*one.conflicts, *one.retyped]
    return found


def _make(connection: Connection, wanted: Sequence[Needs]) -> None:
    making = connection.making
    for needs in wanted:
        for lack in review(connection.directory, needs).of("pipeline"):
            with stopping(f"to make pipeline {lack.problem.name!r}"):
                making.pipeline(lack.problem.name, needs.stages)
        for pipeline_key, lacks in _by_pipeline(review(connection.directory, needs).lacks).items():
            with stopping(f"to make what pipeline {lacks[0].place.name!r} lacks"):
                making.stages(pipeline_key, [lack.problem.name for lack in lacks if lack.kind == "stage"])
                making.fields(pipeline_key, list({lack.need.name: lack.need for lack in lacks if lack.need}.values()))


def _by_pipeline(lacks: Iterable[Missing]) -> dict[str, list[Missing]]:
    grouped: dict[str, list[Missing]] = {}
    for lack in lacks:
        if lack.makeable:
            grouped.setdefault(lack.place.key, []).append(lack)
    return grouped


def _summary(plan: Sequence[Missing], connection: Connection, *, dry_run: bool) -> str:
    team = f"team {connection.account.team_name!r}"
    if not plan:
        return f"Nothing to make: everything that the records name is in {team}."
    counts = Counter(lack.kind for lack in plan)
    made = ", ".join(counted(number, kind) for kind, number in counts.items())
    return f"A dry run: {made} would be made in {team}." if dry_run else f"Made {made} in {team}."
