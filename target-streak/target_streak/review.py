"""Compares what records will name with what Streak has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from singer_rest.errors import FatalRunError

from target_streak.names import NameProblem, listed, nearest
from target_streak.needs import HOLDS, FieldNeed, Needs
from target_streak.pipelines import TEAM_SETTINGS, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_rest.plugin.log_throttle import LogOnce

    from target_streak.directory import Directory
    from target_streak.pipelines import Field


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is named and not there: a `pipeline`, `stage`, `field` or `option`."""

    problem: NameProblem
    place: Pipeline
    need: FieldNeed | None = None

    @property
    def kind(self) -> str:
        """What is lacking."""
        return self.problem.kind

    @property
    def deleted(self) -> bool:
        """It was there and was used; somebody removed it."""
        return self.problem.trouble == "deleted"

    def __str__(self) -> str:
        """Name it, with where it lacks and a field's type."""
        made_as = f" ({self.need.type})" if self.need and self.kind == "field" else ""
        return f"{self.kind} {self.problem.name!r}{made_as}{self.problem.where}"

    @property
    def implied(self) -> bool:
        """It lacks because its whole pipeline does."""
        return self.kind != "pipeline" and not self.place.key

    @property
    def makeable(self) -> bool:
        """The API can make it; fields of contacts and organizations it can't."""
        return self.place.key not in TEAM_SETTINGS


@dataclass(slots=True)
class Review:
    """All lacks, and what only a person can solve: conflicts, and fields that fitted until somebody retyped them."""

    lacks: list[Missing] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    retyped: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Missing]:
        """Give the lacks of these kinds."""
        return [lack for lack in self.lacks if lack.kind in kinds]


def review(directory: Directory, needs: Needs) -> Review:
    """Look up every name of the needs; nothing is called."""
    found = Review()
    for place in _places(directory, needs, found):
        for name in needs.stages:
            _review_stage(directory, found, place, name)
        for need in needs.fields:
            _review_field(directory, found, place, need)
    return found


def refuse(found: Review, once: LogOnce, *, may_make: bool) -> None:
    """Stop the run over names that were never there, all in one line.

    Names that were deleted and fields that were retyped since are said, and cost the records that need them.

    Raises:
        FatalRunError: something lacks that may not be made during a run, or conflicts.
    """
    for lack in found.lacks:
        if lack.deleted:
            once.warning(f"{lack.problem}; records that need it are rejected")
    for problem in found.retyped:
        once.warning(f"{problem}; records that need it are rejected")
    accepted = [lack for lack in found.lacks if lack.deleted or lack.implied or (may_make and will_be_made(lack))]
    fatal = [lack for lack in found.lacks if lack not in accepted]
    if fatal or found.conflicts:
        raise FatalRunError(
            f"Streak does not have what the records name: {describe(fatal, found.conflicts)}. {_help(fatal)}"
        )


def will_be_made(lack: Missing) -> bool:
    """Say whether a run makes it when create_missing_fields is set: a field or an option that nobody deleted."""
    return lack.kind in {"field", "option"} and lack.makeable and not lack.deleted and not lack.implied


def to_make(found: Review) -> dict[str, list[FieldNeed]]:
    """Give by pipeline what a run may make: missing fields, and of fields that are there only the missing options."""
    wanted: dict[str, dict[str, FieldNeed]] = {}
    for lack in found.lacks:
        if lack.need and will_be_made(lack):
            known = wanted.setdefault(lack.place.key, {})
            earlier = known[lack.need.name].options if lack.need.name in known else ()
            options = lack.need.options if lack.kind == "field" else (*earlier, lack.problem.name)
            known[lack.need.name] = replace(lack.need, options=options)
    return {pipeline_key: list(needs.values()) for pipeline_key, needs in wanted.items()}


def _help(lacks: Sequence[Missing]) -> str:
    kinds = {lack.kind for lack in lacks if lack.makeable}
    if not kinds:
        return "Change the mapping, or the field in Streak"
    allowed = " (or set create_missing_fields)" if kinds <= {"field", "option"} else ""
    return f"Correct the name, or make what is missing with `target-streak --setup`{allowed}"


def describe(lacks: Sequence[Missing], conflicts: Sequence[str]) -> str:
    """Say all of it in one line."""
    return "; ".join([*grouped(lacks), *conflicts])


def grouped(lacks: Iterable[Missing]) -> list[str]:
    """Say what lacks, all of a kind and place together."""
    groups: dict[tuple[str, str], list[Missing]] = {}
    for lack in lacks:
        groups.setdefault((lack.kind, lack.problem.where), []).append(lack)
    return [_group(kind, where, group) for (kind, where), group in groups.items()]


def _group(kind: str, where: str, lacks: Sequence[Missing]) -> str:
    names = lacks[0].problem.names
    lacking = ", ".join(f"{lack.problem.name!r}{nearest(lack.problem.name, names)}" for lack in lacks)
    plural = "s" if len(lacks) > 1 else ""
    return f"no {kind}{plural} {lacking}{where} (there are {listed(names)})"


def _places(directory: Directory, needs: Needs, found: Review) -> Iterable[Pipeline]:
    if needs.stream in TEAM_SETTINGS:
        place = directory.place(needs.stream)
        return [place] if place else []
    places = []
    for name in needs.pipelines:
        try:
            places.append(directory.pipeline(name))
        except NameProblem as problem:
            places.append(Pipeline("", name))
            _add(found, Missing(problem, places[-1]))
    return places


def _review_stage(directory: Directory, found: Review, place: Pipeline, name: str) -> None:
    try:
        directory.stage(place, name)
    except NameProblem as problem:
        _add(found, Missing(problem, place))


def _review_field(directory: Directory, found: Review, place: Pipeline, need: FieldNeed) -> None:
    try:
        there = directory.field(place, need.name)
    except NameProblem as problem:
        _add(found, Missing(problem, place, need))
        return
    if not need.fits(there.type):
        _misfit(directory, found, place, need, there)
        return
    directory.is_filled(place, need)
    if there.type in {"DROPDOWN", "TAG"}:
        for missing in directory.missing_options(place, there, need.options):
            _add(found, Missing(missing, place, need))


def _misfit(directory: Directory, found: Review, place: Pipeline, need: FieldNeed, there: Field) -> None:
    """Tell a mapping that never fitted from a field that somebody retyped; what Streak computes now is left out."""
    problem = mismatch(there, place, need)
    if not directory.was_filled(place, need):
        found.conflicts.append(problem)
    elif there.type != "FORMULA":
        found.retyped.append(problem)


def mismatch(there: Field, place: Pipeline, need: FieldNeed) -> str:
    """Say what a field is and what the records fill it with."""
    filled = f"the records fill it with {need.kind} (fit for {' or '.join(HOLDS[need.kind])})"
    return f"field {there.name!r}{place.where} is a {there.type} field, {filled}"


def _add(found: Review, lack: Missing) -> None:
    if lack.problem.trouble == "ambiguous":
        found.conflicts.append(str(lack.problem))
    else:
        found.lacks.append(lack)
