"""Pipelines as values."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import ApiError, FatalRunError
from streak_api.pipelines import (
    Named,
    choose_pipelines,
    field_of,
    pipeline_of,
    pipeline_rows,
    read_pipeline,
    stages_of,
    team_containers,
)

Fake = Any
ROW = {
    "pipelineKey": "p1",
    "name": "Deals",
    "teamKey": "t1",
    "stages": {"5002": {"name": "Won"}, "5001": {"name": "New"}, "5003": {"name": "Lost"}},
    "stageOrder": ["5001", "5002", "5009"],
    "fields": [{"key": 1001, "name": "Total", "type": "TEXT_INPUT"}],
    "aclEntries": [{"userKey": "u1", "isReadOnly": True}, {"userKey": "u2"}],
    "boxCount": 7,
}


def test_stages_stand_in_their_order() -> None:
    pipeline = pipeline_of(ROW)
    assert pipeline.key == "p1"
    assert pipeline.stages == (Named("5001", "New"), Named("5002", "Won"), Named("5003", "Lost"))
    assert pipeline.read_only_for == {"u1"}
    assert pipeline.box_count == 7
    assert [stage["name"] for stage in stages_of(ROW)] == ["New", "Won", "Lost"]


def test_options_are_named_by_items_or_tags() -> None:
    dropdown = {
        "key": "1",
        "name": "Tier",
        "type": "DROPDOWN",
        "dropdownSettings": {"items": [{"key": "9", "name": "A"}]},
    }
    tag = {
        "key": "2",
        "name": "Labels",
        "type": "TAG",
        "tagSettings": {"tags": [{"key": "8", "tag": "B"}, {"key": "7"}]},
    }
    assert field_of(dropdown).labels == {"9": "A"}
    assert field_of(tag).labels == {"8": "B", "7": ""}
    bare = field_of({"key": 1003})
    assert (bare.key, bare.name, bare.type, bare.options) == ("1003", "1003", "TEXT_INPUT", ())


def test_contacts_and_organizations_have_fields_of_the_team() -> None:
    team = {"contactSettings": {"fields": {"1": {"name": "Tier", "type": "TEXT_INPUT"}}}}
    contacts, organizations = team_containers(team)
    assert (contacts.key, [field.name for field in contacts.fields]) == ("contacts", ["Tier"])
    assert organizations.fields == ()
    assert contacts.where == " of the team's contacts"
    assert pipeline_of(ROW).where == " of pipeline 'Deals'"


@pytest.mark.parametrize("answers", [{"/v1/pipelines": [ROW]}, {"/v2/pipelines": {"results": [ROW]}}])
def test_pipelines_are_read_by_v1_else_by_v2(fake: Fake, answers: dict[str, Any]) -> None:
    assert pipeline_rows(fake(answers)) == [{**ROW}]


def test_pipelines_of_other_teams_are_left_out(fake: Fake) -> None:
    client = fake({"/v1/pipelines": [ROW, {**ROW, "teamKey": "t2"}, {**ROW, "teamKey": None}]})
    assert [row["teamKey"] for row in pipeline_rows(client, "t1")] == ["t1", None]


def test_a_pipeline_out_of_sight_is_none(fake: Fake) -> None:
    for status in (400, 401, 404):
        assert read_pipeline(fake({"/v1/pipelines/p1": status}), "p1") is None
    with pytest.raises(ApiError):
        read_pipeline(fake({"/v1/pipelines/p1": 403}), "p1")
    assert read_pipeline(fake({"/v1/pipelines/p1": ROW}), "p1") == pipeline_of(ROW)


def test_pipelines_are_chosen_by_key_or_name() -> None:
    rows = [{"key": "p1", "name": "Deals"}, {"key": "p2", "name": "Other"}, {"key": "p3"}]
    assert choose_pipelines(rows, []) == rows
    assert [row["key"] for row in choose_pipelines(rows, ["p2", "Deals"])] == ["p1", "p2"]
    with pytest.raises(FatalRunError, match="pipelines names 'Deal'; there is 'Deals', 'Other', 'p3'"):
        choose_pipelines(rows, ["Deal", "p1"])
