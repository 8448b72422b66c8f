"""What is named and missing is made, each thing once, by v2 or by v1; in a dry run it is only logged."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError, RecordRejected
from target_streak.requirements import requirements_of

SCHEMA: dict[str, Any] = {
    "properties": {
        "pipelineName": {"enum": ["Deals"]},
        "stageName": {"enum": ["New", "Won"]},
        "fieldValues": {
            "properties": {
                "Total": {"type": "number"},
                "Tier": {"type": "string", "enum": ["Gold", "Silver"], "x-sync": {"field_type": "DROPDOWN"}},
                "Labels": {"type": "array", "items": {"type": "string"}},
            }
        },
    }
}


def posts(streak: Any) -> list[str]:
    return [call for call in streak.calls if not call.startswith("GET")]


def fields(streak: Any, key: str = "p1") -> dict[str, str]:
    return {field["name"]: field["type"] for field in streak.pipelines[key]["fields"]}


def test_missing_fields_are_made_with_their_options(sign_in: Any, streak: Any) -> None:
    deals = streak.add_pipeline("Deals", "New", "Won")
    connection = sign_in(create_missing_fields=True)
    connection.provisioner.prepare("boxes", SCHEMA)
    assert fields(streak) == {"Total": "TEXT_INPUT", "Tier": "DROPDOWN", "Labels": "TAG"}
    assert connection.catalog.encode(deals, "Tier", "Silver") == ("1002", "9002")
    streak.calls.clear()
    connection.provisioner.prepare("boxes", SCHEMA)
    sign_in(create_missing_fields=True).provisioner.prepare("boxes", SCHEMA)
    assert streak.calls == []


def test_everything_missing_is_named_in_one_line_and_nothing_is_made(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New")
    with pytest.raises(FatalRunError) as stopped:
        sign_in().provisioner.prepare("boxes", SCHEMA)
    assert "no stage 'Won' of pipeline 'Deals'" in str(stopped.value)
    assert "no fields 'Total', 'Tier', 'Labels' of pipeline 'Deals'" in str(stopped.value)
    assert posts(streak) == []


def test_a_pipeline_is_made_whole(sign_in: Any, streak: Any) -> None:
    connection = sign_in()
    connection.provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert [stage["name"] for stage in streak.pipelines["p1"]["stages"].values()] == ["New", "Won"]
    assert len(fields(streak)) == 3
    streak.calls.clear()
    connection.provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert posts(streak) == []


def test_stages_are_appended(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New")
    sign_in().provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert [stage["name"] for stage in streak.pipelines["p1"]["stages"].values()] == ["New", "Won"]


def test_where_v2_does_not_know_the_call_v1_makes_it(sign_in: Any, streak: Any) -> None:
    streak.refuses |= {"/v2/pipelines", "/v2/pipelines/p1/fields"}
    sign_in().provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert [call for call in posts(streak) if call.startswith("PUT")][:2] == [
        "PUT /v1/pipelines",
        "PUT /v1/pipelines/p1/fields",
    ]
    assert len(fields(streak)) == 3


def test_what_a_lost_answer_made_is_found(sign_in: Any, streak: Any) -> None:
    streak.refuses.add("lost")
    sign_in().provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert len(streak.pipelines) == 1
    assert len(fields(streak)) == 3


def test_a_record_makes_what_it_needs(sign_in: Any, streak: Any, ledger: Any) -> None:
    deals = streak.add_pipeline("Deals", "New")
    catalog = sign_in(create_missing_fields=True).catalog
    assert catalog.encode(deals, "Hot", True) == ("1001", True)  # noqa: FBT003
    assert catalog.encode(deals, "Labels", ["a", "b"]) == ("1002", ["9001", "9002"])
    assert fields(streak) == {"Hot": "CHECKBOX", "Labels": "TAG"}
    assert {binding.name for binding in ledger.bindings.of_kind("option")} == {"a", "b"}
    assert list(ledger.intents.abandoned()) == []


def test_fields_of_contacts_are_never_made(sign_in: Any, streak: Any) -> None:
    with pytest.raises(RecordRejected, match="field 'Hot' of the team's contacts does not exist"):
        sign_in(create_missing_fields=True).catalog.encode("contacts", "Hot", "yes")
    assert posts(streak) == []


def test_a_dry_run_gives_placeholders(sign_in: Any, streak: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    deals = streak.add_pipeline("Deals", "New", "Won")
    connection = sign_in(create_missing_fields=True, dry_run=True)
    connection.provisioner.prepare("boxes", SCHEMA)
    assert "a run would make field 'Tier' (DROPDOWN) of pipeline 'Deals'" in caplog.text
    assert connection.catalog.encode(deals, "Tier", "Gold") == ("new:Tier", "new:Gold")
    assert posts(streak) == []


def test_a_retyped_field_costs_its_records_only(sign_in: Any, streak: Any, caplog: pytest.LogCaptureFixture) -> None:
    streak.add_pipeline("Deals", "New", "Won")
    sign_in(create_missing_fields=True).provisioner.prepare("boxes", SCHEMA)
    streak.pipelines["p1"]["fields"][0]["type"] = "DATE"
    connection = sign_in()
    connection.provisioner.prepare("boxes", SCHEMA)
    assert "field 'Total' of pipeline 'Deals' is a DATE field" in caplog.text
    with pytest.raises(RecordRejected, match="is a DATE field"):
        connection.catalog.encode("p1", "Total", 7)


def test_a_field_that_never_fitted_stops_the_run(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", "New", "Won", fields=({"key": "1001", "name": "Total", "type": "DATE"},))
    with pytest.raises(FatalRunError, match="is a DATE field, the records fill it with numbers"):
        sign_in(create_missing_fields=True).provisioner.prepare("boxes", SCHEMA)


def test_each_request_is_noted_before_it_is_sent(sign_in: Any, streak: Any, ledger: Any) -> None:
    streak.add_pipeline("Deals", "New")
    noted: list[int] = []
    opened = ledger.intents.open

    def note(*about: Any) -> None:
        noted.append(len(posts(streak)))
        opened(*about)

    ledger.intents.open = note
    sign_in().provisioner.make_all(requirements_of("boxes", SCHEMA))
    assert noted == list(range(len(posts(streak))))
    assert ledger.intents.get("definitions", "p1") is None
