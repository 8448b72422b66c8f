"""Custom fields and their options: found, made once where allowed, and filled."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import RecordRejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import Sandbox
    from target_streak.connection import Connection

    Open = Callable[..., Connection]
    Streak = Any


def boxes(fields: dict[str, Any]) -> dict[str, Any]:
    """A SCHEMA of boxes as the mapper sends it."""
    return {
        "properties": {
            "pipelineName": {"type": "string", "enum": ["Web Orders"]},
            "fieldValues": {"properties": fields},
        },
    }


TEXT: dict[str, Any] = {"type": ["string", "null"]}
TIER = {"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}}
EVERY_TYPE: dict[str, dict[str, Any]] = {
    "Order ID": TEXT | {"x-sync": {"identity": True}},
    "Total": {"type": ["number", "null"]},
    "Order Date": {"type": ["string", "null"], "format": "date-time"},
    "Gift": {"type": ["boolean", "null"]},
    "Tier": TIER,
    "Labels": {"type": ["array", "null"], "items": {"type": "string"}},
}


def encoded_fields(opened: Connection, container: str, values: dict[str, Any]) -> dict[str, Any]:
    return dict(filter(None, (opened.catalog.encode(container, name, value) for name, value in values.items())))


def calls(sandbox: Sandbox, method: str) -> list[str]:
    return [entry["path"] for entry in sandbox.requests("streak") if entry["method"] == method]


def test_every_type_of_field_is_made_and_holds_its_value(team: Open, streak: Streak) -> None:
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", boxes(EVERY_TYPE))
    values = {
        "Order ID": "100234",
        "Total": Decimal("208.30"),
        "Order Date": "2026-03-01T10:00:00Z",
        "Gift": True,
        "Tier": "Gold",
        "Labels": ["web", "vip"],
    }
    pipeline = opened.catalog.pipeline_key("Web Orders")
    encoded = encoded_fields(opened, pipeline, values)
    box = streak.call("POST", f"/v2/pipelines/{pipeline}/boxes", name="Order", fields=encoded)
    made = streak.fields()
    assert {name: field["type"] for name, field in made.items()} == {
        "Order ID": "TEXT_INPUT",
        "Total": "TEXT_INPUT",
        "Order Date": "DATE",
        "Gift": "CHECKBOX",
        "Tier": "DROPDOWN",
        "Labels": "TAG",
    }
    stored = {name: box["fields"][field["key"]] for name, field in made.items()}
    assert stored | {"Tier": 0, "Labels": 0} == values | {
        "Total": "208.30",
        "Order Date": 1772359200000,
        "Tier": 0,
        "Labels": 0,
    }
    assert made["Tier"]["dropdownSettings"]["items"] == [{"key": stored["Tier"], "name": "Gold"}]
    assert [tag["tag"] for tag in made["Labels"]["tagSettings"]["tags"]] == ["web", "vip"]
    assert opened.catalog.order_id_field(pipeline) == made["Order ID"]["key"]


def test_an_option_wanted_by_eight_lanes_is_made_once(team: Open, streak: Streak, sandbox: Sandbox) -> None:
    streak.make_field("Tier", "DROPDOWN")
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", boxes({"Tier": TIER}))
    pipeline = opened.catalog.pipeline_key("Web Orders")
    sandbox.limits(latency_ms=20)
    with ThreadPoolExecutor(8) as lanes:
        encoded = list(lanes.map(lambda _: encoded_fields(opened, pipeline, {"Tier": "Gold"}), range(8)))
    sandbox.limits()
    (option,) = streak.fields()["Tier"]["dropdownSettings"]["items"]
    assert [set(fields.values()) for fields in encoded] == [{option["key"]}] * 8


def test_an_option_whose_answer_got_lost_is_not_made_twice(team: Open, streak: Streak, sandbox: Sandbox) -> None:
    streak.make_field("Tier", "DROPDOWN")
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", boxes({"Tier": TIER}))
    sandbox.faults([{"match": {"method": "POST", "path": "/fields/"}, "times": 1, "do": "lost_answer"}])
    encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Tier": "Gold"})
    assert [item["name"] for item in streak.fields()["Tier"]["dropdownSettings"]["items"]] == ["Gold"]


def test_options_are_added_to_those_that_people_made(team: Open, streak: Streak) -> None:
    field = streak.make_field("Tier", "DROPDOWN")
    path = f"/v1/pipelines/{streak.pipeline()['key']}/fields/{field['key']}"
    streak.call("POST", path, dropdownSettings={"items": [{"name": "Bronze"}]})
    opened = team(create_missing_fields=True)
    encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Tier": "Gold"})
    assert [item["name"] for item in streak.fields()["Tier"]["dropdownSettings"]["items"]] == ["Bronze", "Gold"]


def test_an_unknown_option_rejects_the_record_where_none_may_be_made(team: Open, streak: Streak) -> None:
    field = streak.make_field("Tier", "DROPDOWN")
    path = f"/v1/pipelines/{streak.pipeline()['key']}/fields/{field['key']}"
    streak.call("POST", path, dropdownSettings={"items": [{"name": "Gold"}]})
    opened = team()
    with pytest.raises(RecordRejected, match="the dead letter says which") as rejected:
        encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Tier": "Glod"})
    why = r"option .Glod. of field .Tier. .*did you mean .Gold.\? .*; make it in Streak or set create_missing"
    assert re.search(why, rejected.value.reason)


def test_where_v2_cannot_make_a_field_v1_does(team: Open, streak: Streak, sandbox: Sandbox) -> None:
    sandbox.faults(
        [{"match": {"method": "POST", "path": "/v2/pipelines/.*/fields"}, "rate": 1, "do": "status", "status": 404}]
    )
    team(create_missing_fields=True).provisioner.prepare("boxes", boxes(EVERY_TYPE))
    assert set(streak.fields()) == set(EVERY_TYPE)


def test_two_runs_at_once_make_the_same_fields_once(team: Open, streak: Streak, sandbox: Sandbox) -> None:
    runs = [team(create_missing_fields=True) for _ in range(2)]
    for run in runs:
        run.catalog.read_all()
    sandbox.limits(latency_ms=20)
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda run: run.provisioner.prepare("boxes", boxes(EVERY_TYPE)), runs))
    sandbox.limits()
    assert sorted(field["name"] for field in streak.pipeline()["fields"]) == sorted(EVERY_TYPE)


def test_a_schema_that_comes_again_costs_nothing(team: Open, sandbox: Sandbox) -> None:
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", boxes(EVERY_TYPE))
    sandbox.clear_requests()
    opened.provisioner.prepare("boxes", boxes(EVERY_TYPE))
    team(create_missing_fields=True).provisioner.prepare("boxes", boxes(EVERY_TYPE))
    assert calls(sandbox, "POST") == []
    assert len(sandbox.requests("streak")) == 3


def test_a_field_deleted_by_a_person_is_not_made_again(team: Open, streak: Streak) -> None:
    team(create_missing_fields=True).provisioner.prepare("boxes", boxes({"Total": TEXT}))
    field = streak.fields()["Total"]
    streak.call("DELETE", f"/v1/pipelines/{streak.pipeline()['key']}/fields/{field['key']}")
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", boxes({"Total": TEXT}))
    with pytest.raises(RecordRejected, match="field 'Total' of pipeline 'Web Orders' was deleted in Streak"):
        encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Total": "1"})


def test_a_dry_run_makes_and_remembers_nothing(
    team: Open, streak: Streak, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "target-streak")
    opened = team(create_missing_fields=True, dry_run=True)
    opened.provisioner.prepare("boxes", boxes(EVERY_TYPE))
    encoded = encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Order ID": "1", "Tier": "Gold"})
    assert encoded == {"new:Order ID": "1", "new:Tier": "new:Gold"}
    assert "a run would make field 'Tier' (DROPDOWN) of pipeline 'Web Orders'" in caplog.messages
    assert calls(sandbox, "POST") + calls(sandbox, "PUT") == []
    assert streak.fields() == {}
    assert opened.ledger.bindings.of_kind("pipeline") == []


def test_records_without_a_schema_of_names_find_their_fields_too(team: Open, streak: Streak) -> None:
    opened = team(create_missing_fields=True)
    opened.provisioner.prepare("boxes", {"properties": {"name": TEXT, "fieldValues": {"additionalProperties": True}}})
    pipeline = opened.catalog.pipeline_key("Web Orders")
    encoded_fields(opened, pipeline, {"Region": "EU", "Hot": True, "Labels": ["a"], "Nothing": None})
    assert {name: field["type"] for name, field in streak.fields().items()} == {
        "Region": "TEXT_INPUT",
        "Hot": "CHECKBOX",
        "Labels": "TAG",
    }
    assert opened.catalog.order_id_field(pipeline) is None


def test_a_formula_is_left_out_and_said_once(team: Open, streak: Streak, caplog: pytest.LogCaptureFixture) -> None:
    streak.make_field("Score", "FORMULA")
    opened = team()
    for _ in range(2):
        assert encoded_fields(opened, opened.catalog.pipeline_key("Web Orders"), {"Score": "7"}) == {}
    assert caplog.messages == ["field 'Score' is a formula, which Streak computes itself: it is left out"]
