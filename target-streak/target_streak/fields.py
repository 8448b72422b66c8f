"""Custom fields by name: found or made, and their values encoded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from singer_rest.errors import RecordRejected

from target_streak.names import NameProblem
from target_streak.needs import FieldNeed
from target_streak.pipelines import TEAM_SETTINGS, Field
from target_streak.review import mismatch
from target_streak.values import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_rest.plugin.log_throttle import LogOnce

    from target_streak.directory import Directory
    from target_streak.lookup import Lookup
    from target_streak.making import Making

KIND_OF = {bool: ("yes or no", "CHECKBOX"), list: ("lists", "TAG")}


class CustomFields:
    """The fields of pipelines, and under `contacts` and `organizations` those of the team."""

    def __init__(  # noqa: PLR0913  its collaborators, and two settings by name
        self,
        directory: Directory,
        making: Making,
        lookup: Lookup,
        once: LogOnce,
        *,
        create: bool,
        dry_run: bool,
    ) -> None:
        self._directory = directory
        self._making = making
        self._lookup = lookup
        self._once = once
        self._create = create
        self._dry_run = dry_run
        self.needs: dict[str, FieldNeed] = {}

    def encode(self, pipeline_key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Encode values by field name into Streak's `{field key: value}`; RecordRejected where that can't be."""
        encoded = {}
        for name, value in values.items():
            if value is None and self._directory.field_or_none(pipeline_key, name) is None:
                continue
            field = self._field(pipeline_key, name, value)
            if field.type == "FORMULA":
                self._once.warning(f"field {name!r} is a formula, which Streak computes itself: it is left out")
                continue
            need = self.needs.get(name)
            if need is not None and not need.fits(field.type):
                raise RecordRejected(mismatch(field, self._directory.there(pipeline_key), need), code="bad_value")
            written = encode(field, value, partial(self._option_key, pipeline_key, field))
            encoded[field.key] = _team_value(field, written) if pipeline_key in TEAM_SETTINGS else written
        return encoded

    def identity(self, pipeline_key: str) -> str | None:
        """Give the key of the field that carries the order id; None where there is none."""
        name = next((need.name for need in self.needs.values() if need.identity), None)
        field = self._directory.field_or_none(pipeline_key, name) if name else None
        return field.key if field else None

    def _field(self, pipeline_key: str, name: str, value: Any) -> Field:
        return self._lookup.find(
            ("field", pipeline_key, name),
            partial(self._look_for_field, pipeline_key, name, value),
            partial(self._directory.read_one, pipeline_key),
        )

    def _look_for_field(self, pipeline_key: str, name: str, value: Any) -> Field:
        try:
            return self._directory.field(self._directory.there(pipeline_key), name)
        except NameProblem as problem:
            if not self._may_make(problem, pipeline_key):
                raise
        need = self.needs.get(name) or FieldNeed(name, *KIND_OF.get(type(value), ("text", "TEXT_INPUT")))
        if self._dry_run:
            return Field(f"new:{name}", name, need.type)
        self._making.fields(pipeline_key, [need])
        return self._directory.field(self._directory.there(pipeline_key), name)

    def _option_key(self, pipeline_key: str, field: Field, label: str) -> str:
        return self._lookup.find(
            ("option", f"{pipeline_key}/{field.key}", label),
            partial(self._look_for_option, pipeline_key, field, label),
            partial(self._directory.read_one, pipeline_key),
        )

    def _look_for_option(self, pipeline_key: str, field: Field, label: str) -> str:
        place = self._directory.there(pipeline_key)
        try:
            return self._directory.option(place, self._directory.now(pipeline_key, field), label)
        except NameProblem as problem:
            if not self._may_make(problem, pipeline_key):
                raise
        if self._dry_run:
            return f"new:{label}"
        self._making.options(pipeline_key, field, [label])
        return self._directory.option(place, self._directory.now(pipeline_key, field), label)

    def _may_make(self, problem: NameProblem, pipeline_key: str) -> bool:
        return self._create and problem.trouble == "absent" and pipeline_key not in TEAM_SETTINGS


def _team_value(field: Field, value: Any) -> str:
    """Contacts and organizations keep every value as one text; an empty one clears it."""
    if isinstance(value, list):
        if len(value) > 1:
            reason = (
                f"field {field.name!r} (TAG) of contacts and organizations takes one label through the API, not several"
            )
            raise RecordRejected(reason, code="bad_value")
        value = value[0] if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
