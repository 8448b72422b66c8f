"""What records will name and Streak does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from singer_rest import FatalRunError, LogOnce
from streak_api.fields import OPTION_TYPES
from streak_api.names import listed, nearest
from streak_api.pipelines import TEAM_SETTINGS, Pipeline

from target_streak.catalog import Catalog, NameProblem, mismatch, problems_of
from target_streak.requirements import FieldRequirement, Requirements


@dataclass(frozen=True, slots=True)
class Missing:
    """A `pipeline`, `stage`, `field` or `option` that is named and does not exist."""

    problem: NameProblem
    container: Pipeline
    requirement: FieldRequirement | None = None

    @property
    def kind(self) -> str:
        """What is missing."""
        return self.problem.kind

    @property
    def deleted(self) -> bool:
        """It existed and was used; somebody removed it."""
        return self.problem.trouble == "deleted"

    def __str__(self) -> str:
        """Name it, with its container and a field's type."""
        made_as = f" ({self.requirement.type})" if self.requirement and self.kind == "field" else ""
        return f"{self.kind} {self.problem.name!r}{made_as}{self.problem.where}"

    @property
    def implied(self) -> bool:
        """It is missing because its whole pipeline is."""
        return self.kind != "pipeline" and not self.container.key

    @property
    def makeable(self) -> bool:
        """The API can make it; fields of contacts and organizations it can't."""
        return self.container.key not in TEAM_SETTINGS

    @property
    def made_by_run(self) -> bool:
        """A run makes it when create_missing_fields is set: a field or an option that nobody deleted."""
        return self.kind in {"field", "option"} and self.makeable and not self.deleted and not self.implied


@dataclass(slots=True)
class Comparison:
    """What is missing, and what only a person can solve: conflicts, and fields that somebody retyped since."""

    missing: list[Missing] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    retyped: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """What people renamed or retyped since, and what can be used all the same."""

    def add(
        self, problems: Iterable[NameProblem], container: Pipeline, requirement: FieldRequirement | None = None
    ) -> None:
        """Take in what leads to nothing; an ambiguous name is a conflict."""
        for problem in problems:
            if problem.trouble == "ambiguous":
                self.conflicts.append(str(problem))
            else:
                self.missing.append(Missing(problem, container, requirement))

    def lacking(self, *, may_make: bool) -> list[Missing]:
        """What never existed and, `may_make` or not, is not made by a run."""
        never = [missing for missing in self.missing if not (missing.deleted or missing.implied)]
        return [missing for missing in never if not (may_make and missing.made_by_run)]


def compare(catalog: Catalog, *required: Requirements) -> Comparison:
    """Look up every name that is required; nothing is called."""
    comparison = Comparison()
    for requirements in required:
        for container in _containers(catalog, requirements, comparison):
            comparison.add(problems_of(partial(catalog.find_stage, container), requirements.stages), container)
            comparison.changed += catalog.renamed("stage", container, requirements.stages, container.stages)
            names = [requirement.name for requirement in requirements.fields]
            comparison.changed += catalog.renamed("field", container, names, container.fields)
            for requirement in requirements.fields:
                _compare_field(catalog, comparison, container, requirement)
    return comparison


def refuse(comparison: Comparison, once: LogOnce, *, may_make: bool) -> None:
    """Stop the run over names that never existed, all in one line.

    Names that were deleted and fields that were retyped since are logged, and cost the records that need them.

    Raises:
        FatalRunError: something is missing that may not be made during a run, or conflicts.
    """
    for missing in comparison.missing:
        if missing.deleted:
            once.warning(f"{missing.problem}; records that need it are rejected")
    for problem in comparison.retyped:
        once.warning(f"{problem}; records that need it are rejected")
    fatal = comparison.lacking(may_make=may_make)
    if fatal or comparison.conflicts:
        problems = "; ".join([*grouped(fatal), *comparison.conflicts])
        raise FatalRunError(f"Streak does not have what the records name: {problems}. {_help(fatal)}")


def to_make(missing: Iterable[Missing]) -> dict[str, list[FieldRequirement]]:
    """By container the fields to make, and of fields that exist only the options that they lack."""
    wanted: dict[str, dict[str, FieldRequirement]] = {}
    for each in missing:
        if requirement := each.requirement:
            fields = wanted.setdefault(each.container.key, {})
            earlier = fields[requirement.name].options if requirement.name in fields else ()
            options = requirement.options if each.kind == "field" else (*earlier, each.problem.name)
            fields[requirement.name] = replace(requirement, options=options)
    return {container: list(fields.values()) for container, fields in wanted.items()}


def grouped(missing: Iterable[Missing]) -> list[str]:
    """What is missing in words, all of a kind and container together."""
    groups: dict[tuple[str, str], list[NameProblem]] = {}
    for problem in (each.problem for each in missing):
        groups.setdefault((problem.kind, problem.where), []).append(problem)
    lines = []
    for (kind, where), group in groups.items():
        names = group[0].names
        absent = ", ".join(f"{problem.name!r}{nearest(problem.name, names)}" for problem in group)
        lines.append(f"no {kind}{'s' if len(group) > 1 else ''} {absent}{where} (there are {listed(names)})")
    return lines


def _help(missing: Sequence[Missing]) -> str:
    kinds = {each.kind for each in missing if each.makeable}
    if not kinds:
        return "Change the mapping, or the field in Streak"
    allowed = " (or set create_missing_fields)" if kinds <= {"field", "option"} else ""
    return f"Correct the name, or make what is missing with `target-streak setup`{allowed}"


def _containers(catalog: Catalog, requirements: Requirements, comparison: Comparison) -> list[Pipeline]:
    if requirements.stream in TEAM_SETTINGS:
        return [catalog.existing(requirements.stream)]
    containers = []
    for name in requirements.pipelines:
        try:
            containers.append(catalog.find_pipeline(name))
        except NameProblem as problem:
            containers.append(Pipeline("", name))
            comparison.add([problem], containers[-1])
    return containers


def _compare_field(
    catalog: Catalog, comparison: Comparison, container: Pipeline, requirement: FieldRequirement
) -> None:
    """Tell a field that never fitted from one that somebody retyped; what Streak computes now is left out."""
    try:
        existing = catalog.find_field(container, requirement.name)
    except NameProblem as problem:
        comparison.add([problem], container, requirement)
        return
    if requirement.fits(existing.type):
        if note := catalog.retyped(container, existing, requirement):
            comparison.changed.append(note)
        catalog.note_filled(container, requirement, existing.type)
        if existing.type in OPTION_TYPES:
            comparison.add(catalog.missing_options(container, existing, requirement.options), container, requirement)
    elif not catalog.was_filled(container, requirement):
        comparison.conflicts.append(mismatch(existing, container, requirement))
    elif existing.type != "FORMULA":
        comparison.retyped.append(mismatch(existing, container, requirement))
