"""Makes pipelines, stages, fields and options; nothing here removes or renames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError

from target_streak.pipelines import Field, Pipeline, field_of, pipeline_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_rest.http.client import RestClient


class Definitions:
    """Streak's calls that make definitions: v2 first, v1 where v2 does not know the call.

    `look_up` gives what is there when an answer got lost, so that nothing is made twice.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def make_pipeline(
        self,
        team_key: str,
        name: str,
        stages: Sequence[str],
        look_up: Callable[[], Pipeline | None],
    ) -> Pipeline:
        """Make a pipeline with its stages in their order."""
        body = {"name": name, "teamKey": team_key, "stages": list(stages)}
        made = _newer_else_older(
            lambda: self._client.create("/v2/pipelines", json=body, look_up=look_up),
            lambda: self._put("/v1/pipelines", _pipeline_v1(team_key, name, stages)),
        )
        return made if isinstance(made, Pipeline) else pipeline_of(made)

    def make_stage(self, pipeline_key: str, name: str, look_up: Callable[[], str | None]) -> None:
        """Append a stage."""
        path = f"/pipelines/{pipeline_key}/stages"
        _newer_else_older(
            lambda: self._client.create(f"/v2{path}", json={"name": name}, look_up=look_up),
            lambda: self._put(f"/v1{path}", {"name": name}),
        )

    def make_field(self, pipeline_key: str, name: str, field_type: str, look_up: Callable[[], Field | None]) -> Field:
        """Make a custom field, without options."""
        path = f"/pipelines/{pipeline_key}/fields"
        definition = {"name": name, "type": field_type}
        made = _newer_else_older(
            lambda: self._client.create(f"/v2{path}", json=definition, look_up=look_up),
            lambda: self._put(f"/v1{path}", definition),
        )
        return made if isinstance(made, Field) else field_of(made)

    def add_options(
        self,
        pipeline_key: str,
        field: Field,
        labels: Sequence[str],
        look_up: Callable[[], Field | None],
    ) -> Field:
        """Append options to a dropdown or tag field; what is there stays."""
        body: dict[str, Any] = {"tagSettings": {"tags": [{"tag": label} for label in labels]}}
        if field.type == "DROPDOWN":
            body = {"dropdownSettings": {"items": [{"name": label} for label in labels]}}
        path = f"/v1/pipelines/{pipeline_key}/fields/{field.key}"
        made = self._client.create(path, json=body, params={"addOnly": "true"}, look_up=look_up)
        return made if isinstance(made, Field) else field_of(made)

    def _put(self, path: str, form: dict[str, str]) -> Any:
        return self._client.request("PUT", path, form=form, replay=False)


def _pipeline_v1(team_key: str, name: str, stages: Sequence[str]) -> dict[str, str]:
    """Describe it as v1 does: stage names joined by commas; with a comma in one they are left to be appended after."""
    form = {"name": name, "teamKey": team_key}
    return form if any("," in stage for stage in stages) else form | {"stageNames": ",".join(stages)}


def _newer_else_older(newer: Callable[[], Any], older: Callable[[], Any]) -> Any:
    try:
        return newer()
    except ApiError as refused:
        if refused.status not in {400, 404}:
            raise
        try:
            return older()
        except ApiError:
            raise refused from None
