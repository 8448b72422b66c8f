"""What a SCHEMA says that its records will name in Streak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest.errors import FatalRunError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAKEABLE = ("TEXT_INPUT", "DATE", "CHECKBOX", "DROPDOWN", "TAG")
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
class FieldNeed:
    """A custom field that records will fill: what kind of value, the type to make it with, known labels."""

    name: str
    kind: str
    type: str
    options: tuple[str, ...] = ()
    identity: bool = False

    def fits(self, field_type: str) -> bool:
        """Whether a field of that type holds what the records fill it with."""
        return field_type in HOLDS[self.kind]


@dataclass(frozen=True, slots=True)
class Needs:
    """Every name that the records of one stream can need."""

    stream: str
    pipelines: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    fields: tuple[FieldNeed, ...] = ()


def needs_of(stream: str, schema: Mapping[str, Any]) -> Needs:
    """Read the names out of one stream's schema; FatalRunError for a field type that Streak does not have."""
    properties = schema.get("properties") or {}
    fields = (properties.get("fieldValues") or {}).get("properties") or {}
    return Needs(
        stream,
        pipelines=_texts(properties.get("pipelineName")),
        stages=_texts(properties.get("stageName")),
        fields=tuple(_field_need(name, field) for name, field in fields.items()),
    )


def _field_need(name: str, schema: Mapping[str, Any]) -> FieldNeed:
    kind = _kind(schema)
    sync = schema.get("x-sync") or {}
    chosen = str(sync.get("field_type") or HOLDS[kind][0])
    if chosen not in HOLDS[kind]:
        able = " or ".join(HOLDS[kind])
        raise FatalRunError(f"field {name!r} is to be made as {chosen}, but is filled with {kind}: use {able}")
    options = _texts(schema.get("items") if kind == "lists" else schema)
    return FieldNeed(name, kind, chosen, options if chosen in {"DROPDOWN", "TAG"} else (), bool(sync.get("identity")))


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
