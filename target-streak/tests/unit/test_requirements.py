"""What a SCHEMA says that its records will name."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError
from target_streak.requirements import FieldRequirement, requirement_for, requirements_of


@pytest.mark.parametrize(
    ("schema", "field_type"),
    [
        ({"type": ["string", "null"]}, "TEXT_INPUT"),
        ({"type": ["string", "null"], "format": "date-time"}, "DATE"),
        ({"type": "string", "format": "date"}, "DATE"),
        ({"type": ["boolean", "null"]}, "CHECKBOX"),
        ({"type": ["number", "null"]}, "TEXT_INPUT"),
        ({"type": ["integer", "null"]}, "TEXT_INPUT"),
        ({"type": ["array", "null"], "items": {"type": "string"}}, "TAG"),
        ({"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}}, "DROPDOWN"),
        ({}, "TEXT_INPUT"),
    ],
)
def test_a_missing_field_is_made_for_what_it_will_hold(schema: dict[str, Any], field_type: str) -> None:
    (requirement,) = requirements_of(
        "boxes", {"properties": {"fieldValues": {"properties": {"Some Field": schema}}}}
    ).fields
    assert requirement.type == field_type


def test_a_field_type_that_cannot_hold_the_value_stops_the_run() -> None:
    schema = {"type": "boolean", "x-sync": {"field_type": "DATE"}}
    with pytest.raises(FatalRunError, match="'Gift' is to be made as DATE"):
        requirements_of("boxes", {"properties": {"fieldValues": {"properties": {"Gift": schema}}}})


def test_names_come_from_enumerations() -> None:
    schema = {
        "properties": {
            "pipelineName": {"enum": ["Deals", None]},
            "stageName": {"enum": ["New", "Won"]},
            "fieldValues": {
                "properties": {
                    "Order ID": {"type": "string", "x-sync": {"identity": True}},
                    "Tier": {"type": "string", "enum": ["Gold"], "x-sync": {"field_type": "DROPDOWN"}},
                    "Labels": {"type": "array", "items": {"enum": ["web"]}},
                    "Note": {"type": "string", "enum": ["a"]},
                }
            },
        }
    }
    requirements = requirements_of("boxes", schema)
    assert (requirements.pipelines, requirements.stages) == (("Deals",), ("New", "Won"))
    assert requirements.identity == "Order ID"
    assert [field.options for field in requirements.fields] == [(), ("Gold",), ("web",), ()]
    assert requirements.field("Labels") == FieldRequirement("Labels", "lists", "TAG", ("web",))
    assert requirements.field("Nothing") is None


@pytest.mark.parametrize(
    ("value", "field_type"), [(True, "CHECKBOX"), (["a"], "TAG"), ("a", "TEXT_INPUT"), (1, "TEXT_INPUT")]
)
def test_a_field_without_a_schema_is_made_for_its_first_value(value: Any, field_type: str) -> None:
    assert requirement_for("Some Field", value).type == field_type


def test_a_type_fits_what_it_can_hold() -> None:
    number = FieldRequirement("Total", "numbers", "TEXT_INPUT")
    assert number.fits("TAG")
    assert not number.fits("DATE")
