"""Pipelines with their stages and custom fields, as values; a team's contacts and organizations have fields too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from singer_rest import ApiError, FatalRunError, RestClient

from streak_api.names import listed
from streak_api.paging import Row, pages, rows_of

TEAM_SETTINGS = {"contacts": "contactSettings", "organizations": "organizationSettings"}
"""Where a team keeps the custom fields of its contacts and organizations; the stream is their container's key here."""
BOX_COUNTERS = {
    "tasks": ("taskTotal",),
    "comments": ("commentCount",),
    "meetings": ("callLogCount", "meetingNotesCount"),
}
"""The properties of a box that count what is on it, by stream."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a key that never changes and a name that may."""

    key: str
    name: str


@dataclass(frozen=True)
class Field(Named):
    """A custom field: its type and, for dropdowns and tags, its options."""

    type: str
    options: tuple[Named, ...] = ()

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels of its options by their keys."""
        return {option.key: option.name for option in self.options}


@dataclass(frozen=True, slots=True)
class Pipeline(Named):
    """A pipeline, or what else has custom fields: stages in their order, fields as Streak stores them."""

    stages: tuple[Named, ...] = ()
    fields: tuple[Field, ...] = ()
    read_only_for: frozenset[str] = frozenset()
    box_count: int | None = None

    @property
    def where(self) -> str:
        """How a message says where a stage or field is."""
        return f" of the team's {self.name}" if self.key in TEAM_SETTINGS else f" of pipeline {self.name!r}"


def pipeline_rows(client: RestClient, team_key: str | None = None) -> list[Row]:
    """The pipelines that the key sees, those of one team if named: one call of v1, or v2 where v1 is not known."""
    try:
        rows = rows_of(pages(client, "/v1/pipelines"))
    except ApiError as refused:
        if not refused.unknown:
            raise
        rows = rows_of(pages(client, "/v2/pipelines", 100))
    return [row for row in rows if team_key is None or row.get("teamKey") in {None, team_key}]


def choose_pipelines(rows: Sequence[Row], names: Iterable[str]) -> list[Row]:
    """Those pipelines whose key or name is named, all where nothing is. FatalRunError for a name of none."""
    wanted = set(names)
    known = {name for row in rows for name in (row["key"], row.get("name"))}
    if missing := [name for name in names if name not in known]:
        known_names = listed(str(row.get("name") or row["key"]) for row in rows)
        raise FatalRunError(f"pipelines names {', '.join(map(repr, missing))}; there is {known_names}")
    return [row for row in rows if not wanted or wanted & {row["key"], row.get("name")}]


def read_pipeline(client: RestClient, key: str) -> Pipeline | None:
    """Read one pipeline again; None when it is gone or out of the key's sight."""
    try:
        return pipeline_of(client.get(f"/v1/pipelines/{key}"))
    except ApiError as refused:
        if refused.status in {400, 401, 404}:
            return None
        raise


def stages_of(row: Row) -> list[Row]:
    """The stages of a pipeline: `stages` is a map, `stageOrder` its order; stages that it leaves out come last."""
    stages = row.get("stages") or {}
    order = dict.fromkeys([*(str(key) for key in row.get("stageOrder") or []), *stages])
    return [{"key": key, **stages[key]} for key in order if key in stages]


def pipeline_of(row: Row) -> Pipeline:
    """Streak's pipeline as a value."""
    return Pipeline(
        key=str(row.get("key") or row["pipelineKey"]),
        name=str(row["name"]),
        stages=tuple(Named(str(stage["key"]), str(stage["name"])) for stage in stages_of(row)),
        fields=tuple(field_of(field) for field in row.get("fields") or []),
        read_only_for=frozenset(acl["userKey"] for acl in row.get("aclEntries") or [] if acl.get("isReadOnly")),
        box_count=row.get("boxCount"),
    )


def team_fields(team: Row, stream: str) -> list[Field]:
    """The custom fields of a team's `contacts` or `organizations`."""
    fields = (team.get(TEAM_SETTINGS[stream]) or {}).get("fields") or {}
    return [field_of({"key": key} | row) for key, row in fields.items()]


def team_containers(team: Row) -> tuple[Pipeline, ...]:
    """What of a team has custom fields beside its pipelines: contacts and organizations."""
    return tuple(Pipeline(stream, stream, fields=tuple(team_fields(team, stream))) for stream in TEAM_SETTINGS)


def field_of(row: Row) -> Field:
    """Streak's custom field as a value."""
    key = str(row["key"])
    items = (row.get("dropdownSettings") or {}).get("items") or []
    tags = (row.get("tagSettings") or {}).get("tags") or []
    options = [(item["key"], item.get("name")) for item in items] + [(tag["key"], tag.get("tag")) for tag in tags]
    return Field(
        key=key,
        name=str(row.get("name") or key),
        type=str(row.get("type") or "TEXT_INPUT"),
        options=tuple(Named(str(option), str(label or "")) for option, label in options),
    )
