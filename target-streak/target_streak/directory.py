"""What there is in the team by name, as it was last read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from target_streak.names import NameProblem
from target_streak.pipelines import TEAM_SETTINGS, Field, Pipeline, read_pipeline, read_pipelines, team_fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_rest.http.client import RestClient

    from target_streak.account import Account
    from target_streak.names import Bindings
    from target_streak.needs import FieldNeed

FILLED = "filled"
Found = TypeVar("Found")


class Directory:
    """Pipelines, stages, fields and options of one team. Nothing here calls Streak but the methods named read."""

    def __init__(self, client: RestClient, account: Account, bindings: Bindings) -> None:
        self._client = client
        self._account = account
        self.bindings = bindings
        self._places = {place.key: place for place in team_fields_of(account.team)}

    @property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """The team's pipelines."""
        return tuple(place for key, place in self._places.items() if key not in TEAM_SETTINGS)

    def read_all(self) -> None:
        """Read every pipeline (1 call)."""
        read = read_pipelines(self._client, self._account.team_key)
        kept = {key: place for key, place in self._places.items() if key in TEAM_SETTINGS}
        self._places = kept | {pipeline.key: pipeline for pipeline in read}

    def read_one(self, key: str) -> None:
        """Read a pipeline, or the fields of contacts or organizations, again (1 call); what is gone is dropped."""
        if key in TEAM_SETTINGS:
            team = self._client.get(f"/v2/teams/{self._account.team_key}")
            self._places = self._places | {place.key: place for place in team_fields_of(team)}
            return
        read = read_pipeline(self._client, key)
        rest = {known: place for known, place in self._places.items() if known != key}
        self._places = rest | {key: read} if read else rest

    def put(self, pipeline: Pipeline) -> None:
        """Take in a pipeline that was just made."""
        self._places = self._places | {pipeline.key: pipeline}

    def put_field(self, pipeline_key: str, field: Field) -> None:
        """Take in a field that was just made or got options."""
        place = self._places[pipeline_key]
        others = tuple(known for known in place.fields if known.key != field.key)
        self.put(replace(place, fields=(*others, field)))

    def place(self, key: str) -> Pipeline | None:
        """Give the pipeline of that key, or `contacts` or `organizations`."""
        return self._places.get(key)

    def there(self, key: str) -> Pipeline:
        """Give the pipeline of that key; NameProblem when it is gone or out of this key's sight."""
        place = self.place(key)
        if place is None:
            raise NameProblem("deleted", "pipeline", key, "", [])
        return place

    def pipeline(self, name: str) -> Pipeline:
        """Find a pipeline by name; NameProblem when there is none."""
        return self._places[self.bindings.resolve("pipeline", self._account.team_key, name, self.pipelines)]

    def stage(self, pipeline: Pipeline, name: str) -> str:
        """Find the key of a stage by name; NameProblem when there is none."""
        return self.bindings.resolve("stage", pipeline.key, name, pipeline.stages, pipeline.where)

    def field(self, pipeline: Pipeline, name: str) -> Field:
        """Find a custom field by name; NameProblem when there is none."""
        key = self.bindings.resolve("field", pipeline.key, name, pipeline.fields, pipeline.where)
        return next(field for field in pipeline.fields if field.key == key)

    def was_filled(self, pipeline: Pipeline, need: FieldNeed) -> bool:
        """Say whether the field of that name held such values in an earlier run: then somebody retyped it since."""
        return self.bindings.bound(FILLED, pipeline.key, need.name) == need.kind

    def is_filled(self, pipeline: Pipeline, need: FieldNeed) -> None:
        """Remember that the field of that name holds such values."""
        if not self.was_filled(pipeline, need):
            self.bindings.bind(FILLED, pipeline.key, need.name, need.kind)

    def field_or_none(self, pipeline_key: str, name: str) -> Field | None:
        """Find a custom field by name; None when it, or the pipeline, is not there."""
        place = self.place(pipeline_key)
        return found_or_none(lambda: self.field(place, name)) if place else None

    def now(self, pipeline_key: str, field: Field) -> Field:
        """Give the field with the options that it has by now."""
        place = self.place(pipeline_key)
        return next((one for one in (place.fields if place else ()) if one.key == field.key), field)

    def option(self, pipeline: Pipeline, field: Field, label: str) -> str:
        """Find the key of a dropdown or tag option by its label; NameProblem when there is none."""
        where = f" of field {field.name!r}{pipeline.where}"
        return self.bindings.resolve("option", option_scope(pipeline.key, field), label, field.options, where)

    def missing_options(self, pipeline: Pipeline, field: Field, labels: Sequence[str]) -> list[NameProblem]:
        """Give the problems with those labels that lead to no option."""
        problems = []
        for label in labels:
            try:
                self.option(pipeline, field, label)
            except NameProblem as problem:
                problems.append(problem)
        return problems


def option_scope(pipeline_key: str, field: Field) -> str:
    """Give the scope of a field's labels: field 1001 exists in every pipeline."""
    return f"{pipeline_key}/{field.key}"


def found_or_none(look: Callable[[], Found]) -> Found | None:
    """Look something up by name; None instead of a NameProblem."""
    try:
        return look()
    except NameProblem:
        return None
