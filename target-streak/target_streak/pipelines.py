"""Pipelines with their stages and fields, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError

from target_streak.names import Named

if TYPE_CHECKING:
    from singer_rest.http.client import RestClient

# contacts and organizations have custom fields too, the same ones in the whole team; the stream is their key here
TEAM_SETTINGS = {"contacts": "contactSettings", "organizations": "organizationSettings"}


@dataclass(frozen=True, slots=True)
class Field(Named):
    """A custom field: its type and, for dropdowns and tags, its options."""

    type: str
    options: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline(Named):
    """A pipeline, or what else has custom fields: stages in their order, fields as Streak stores them."""

    stages: tuple[Named, ...] = ()
    fields: tuple[Field, ...] = ()
    read_only_for: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """How a message says where a stage or field is."""
        return f" of the team's {self.name}" if self.key in TEAM_SETTINGS else f" of pipeline {self.name!r}"


def read_pipelines(client: RestClient, team_key: str) -> tuple[Pipeline, ...]:
    """Read every pipeline of the team (one call: v1 gives all at once)."""
    try:
        answer = client.get("/v1/pipelines")
    except ApiError as refused:
        if refused.status not in {400, 404}:
            raise
        answer = _every_page(client)
    rows = answer.get("results", []) if isinstance(answer, dict) else answer
    return tuple(pipeline_of(row) for row in rows if row.get("teamKey") in {None, team_key})


def read_pipeline(client: RestClient, key: str) -> Pipeline | None:
    """Read one pipeline again; None when it is gone."""
    try:
        return pipeline_of(client.get(f"/v1/pipelines/{key}"))
    except ApiError as refused:
        if refused.status in {400, 401, 404}:
            return None
        raise


def pipeline_of(row: dict[str, Any]) -> Pipeline:
    """Parse Streak's pipeline: `stages` is a map, `stageOrder` its order, `fields` an array."""
    stages = row.get("stages") or {}
    order = [str(key) for key in row.get("stageOrder") or [] if str(key) in stages]
    every = [*order, *(key for key in stages if key not in order)]
    return Pipeline(
        key=str(row.get("key") or row["pipelineKey"]),
        name=str(row["name"]),
        stages=tuple(Named(key, str(stages[key]["name"])) for key in every),
        fields=tuple(field_of(field) for field in row.get("fields") or []),
        read_only_for=frozenset(acl["userKey"] for acl in row.get("aclEntries") or [] if acl.get("isReadOnly")),
    )


def team_fields_of(team: dict[str, Any]) -> tuple[Pipeline, ...]:
    """Parse the custom fields of the team's contacts and organizations."""
    settings = {stream: (team.get(name) or {}).get("fields") or {} for stream, name in TEAM_SETTINGS.items()}
    return tuple(
        Pipeline(key=stream, name=stream, fields=tuple(field_of({"key": key} | row) for key, row in fields.items()))
        for stream, fields in settings.items()
    )


def field_of(row: dict[str, Any]) -> Field:
    """Parse Streak's field with the options of a dropdown or tag field."""
    items = (row.get("dropdownSettings") or {}).get("items") or []
    tags = (row.get("tagSettings") or {}).get("tags") or []
    options = [(item["key"], item["name"]) for item in items] + [(tag["key"], tag["tag"]) for tag in tags]
    return Field(
        key=str(row["key"]),
        name=str(row["name"]),
        type=str(row["type"]),
        options=tuple(Named(str(key), str(name)) for key, name in options),
    )


def _every_page(client: RestClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = 0
    while True:
        answer = client.get("/v2/pipelines", params={"page": page, "limit": 100})
        rows += answer["results"]
        if not answer["results"] or not answer.get("hasNextPage"):
            return rows
        page += 1
