"""What records will name and Streak does not have, in words and as a plan."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError
from target_streak.missing import compare, grouped, to_make
from target_streak.requirements import FieldRequirement, Requirements

TIER = {
    "key": "1001",
    "name": "Tier",
    "type": "DROPDOWN",
    "dropdownSettings": {"items": [{"key": "9", "name": "Gold"}]},
}
WANTED = FieldRequirement("Tier", "text", "DROPDOWN", ("Gold", "Silver", "Iron"))
TOTAL = FieldRequirement("Total", "numbers", "TEXT_INPUT")


def required(*fields: FieldRequirement, pipelines: tuple[str, ...] = ("Deals",)) -> Requirements:
    return Requirements("boxes", pipelines, ("New", "Won"), fields)


def test_nothing_is_missing_where_every_name_exists(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New", "Won", fields=(TIER,))
    comparison = compare(sign_in().catalog, required(FieldRequirement("Tier", "text", "DROPDOWN", ("Gold",))))
    assert (comparison.missing, comparison.conflicts, comparison.retyped) == ([], [], [])


def test_what_is_missing_is_said_by_kind_and_place(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New", fields=(TIER,))
    comparison = compare(sign_in().catalog, required(WANTED, TOTAL))
    assert grouped(comparison.missing) == [
        "no stage 'Won' of pipeline 'Deals' (there are 'New')",
        "no options 'Silver', 'Iron' of field 'Tier' of pipeline 'Deals' (there are 'Gold')",
        "no field 'Total' of pipeline 'Deals' (there are 'Tier')",
    ]
    assert [missing.made_by_run for missing in comparison.missing] == [False, True, True, True]


def test_a_run_makes_fields_and_of_known_ones_the_missing_options(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New", "Won", fields=(TIER,))
    wanted = to_make(compare(sign_in().catalog, required(WANTED, TOTAL)).missing)
    assert {key: [(field.name, field.options) for field in fields] for key, fields in wanted.items()} == {
        "p1": [("Tier", ("Silver", "Iron")), ("Total", ())]
    }


def test_what_is_in_a_missing_pipeline_is_missing_with_it(sign_in: Any) -> None:
    comparison = compare(sign_in().catalog, required(TOTAL))
    assert [(missing.kind, missing.implied) for missing in comparison.missing] == [
        ("pipeline", False),
        ("stage", True),
        ("stage", True),
        ("field", True),
    ]
    assert [str(missing) for missing in comparison.missing][-1] == "field 'Total' (TEXT_INPUT) of pipeline 'Deals'"


def test_two_of_one_name_are_for_a_person(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New", "Won", "Won")
    comparison = compare(sign_in().catalog, required())
    assert comparison.missing == []
    assert "stage 'Won' of pipeline 'Deals' is ambiguous" in comparison.conflicts[0]


def test_fields_of_contacts_are_for_a_person_to_make(sign_in: Any) -> None:
    connection = sign_in(create_missing_fields=True)
    (missing,) = compare(connection.catalog, Requirements("contacts", fields=(TOTAL,))).missing
    assert (missing.makeable, missing.made_by_run) == (False, False)
    schema = {"properties": {"fieldValues": {"properties": {"Total": {"type": "number"}}}}}
    with pytest.raises(FatalRunError, match="Change the mapping, or the field in Streak"):
        connection.provisioner.prepare("contacts", schema)
