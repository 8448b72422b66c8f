"""What a SCHEMA says that its records will name in Streak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from singer_rest import FatalRunError
from streak_api.fields import OPTION_TYPES

# which of Streak's types can hold what the mapping produces, the one to make first
HOLDS = {
    "text": ("TEXT_INPUT", "DROPDOWN", "TAG", "DATE", "CHECKBOX"),
    "numbers": ("TEXT_INPUT", "DROPDOWN", "TAG"),
    "whole numbers": ("TEXT_INPUT", "DROPDOWN", "TAG", "DATE"),
    "dates": ("DATE", "TEXT_INPUT"),
    "yes or no": ("CHECKBOX", "TEXT_INPUT", "DROPDOWN"),
    "lists": ("TAG",),
}


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """A custom field that records will fill: kind of value, type to make it with, labels that are known beforehand."""

    name: str
    kind: str
    type: str
    options: tuple[str, ...] = ()
    identity: bool = False
    explicit: bool = False
    """Whether the mapping itself names the type."""

    def fits(self, field_type: str) -> bool:
        """Whether a field of that type holds what the records fill it with."""
        return field_type in HOLDS[self.kind]


@dataclass(frozen=True, slots=True)
class Requirements:
    """Every name that the records of one stream can need."""

    stream: str
    pipelines: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    fields: tuple[FieldRequirement, ...] = ()

    def field(self, name: str) -> FieldRequirement | None:
        """What is known of a field beforehand."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def identity(self) -> str | None:
        """The field that carries the order id."""
        return next((field.name for field in self.fields if field.identity), None)


def requirements_of(stream: str, schema: Mapping[str, Any]) -> Requirements:
    """The names in the schema of one stream. FatalRunError for a field type that Streak does not have."""
    properties = schema.get("properties") or {}
    fields = (properties.get("fieldValues") or {}).get("properties") or {}
    return Requirements(
        stream,
        pipelines=_texts(properties.get("pipelineName")),
        stages=_texts(properties.get("stageName")),
        fields=tuple(_field_requirement(name, field) for name, field in fields.items()),
    )


def _field_requirement(name: str, schema: Mapping[str, Any]) -> FieldRequirement:
    kind = _kind(schema)
    sync = schema.get("x-sync") or {}
    chosen = str(sync.get("field_type") or HOLDS[kind][0])
    if chosen not in HOLDS[kind]:
        able = " or ".join(HOLDS[kind])
        raise FatalRunError(f"field {name!r} is to be made as {chosen}, but is filled with {kind}: use {able}")
    options = _texts(schema.get("items") if kind == "lists" else schema)
    labels, named = options if chosen in OPTION_TYPES else (), bool(sync.get("field_type"))
    return FieldRequirement(name, kind, chosen, labels, bool(sync.get("identity")), named)


def requirement_for(name: str, value: Any) -> FieldRequirement:
    """What a field must be that no SCHEMA described: made for the first value that came."""
    kind = "yes or no" if isinstance(value, bool) else "lists" if isinstance(value, list) else "text"
    return FieldRequirement(name, kind, HOLDS[kind][0])


def _kind(schema: Mapping[str, Any]) -> str:
    types = schema.get("type") or "string"
    named = {types} if isinstance(types, str) else set(types)
    if "array" in named:
        return "lists"
    if schema.get("format") in {"date-time", "date"}:
        return "dates"
    if "string" in named:
        return "text"
    return "yes or no" if "boolean" in named else "numbers" if "number" in named else "whole numbers"


def _texts(schema: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(str(value) for value in (schema or {}).get("enum") or () if value is not None)
