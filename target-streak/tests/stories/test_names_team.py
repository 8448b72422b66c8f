"""What people call things in Streak, and what a run makes of it: pipelines, stages, teams, reps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import FatalRunError, RecordRejected
from streak_api.teams import sign_in
from target_streak.connection import streak_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import Sandbox
    from target_streak.connection import Connection

    Open = Callable[..., Connection]
    Streak = Any

STAGES = ("New Order", "In Fulfillment", "On Hold", "Shipped", "Won", "Lost", "Refunded")


def boxes(
    fields: dict[str, Any] | None = None,
    pipelines: tuple[str, ...] = ("Web Orders",),
    stages: tuple[str, ...] = STAGES,
) -> dict[str, Any]:
    """A SCHEMA of boxes as the mapper sends it."""
    return {
        "properties": {
            "pipelineName": {"type": "string", "enum": list(pipelines)},
            "stageName": {"type": "string", "enum": list(stages)},
            "fieldValues": {"properties": fields or {}},
        },
    }


TEXT: dict[str, Any] = {"type": ["string", "null"]}


def test_connecting_takes_three_calls_and_a_known_name_none(sandbox: Sandbox, team: Open) -> None:
    opened = team()
    opened.provisioner.prepare("boxes", boxes())
    opened.catalog.stage_key(opened.catalog.pipeline_key("Web Orders"), "Won")
    assert len(sandbox.requests("streak")) == 3
    assert opened.account.me["email"] == "robot@sandbox-sales.example"


def test_all_unknown_names_are_said_in_one_line(team: Open, streak: Streak) -> None:
    streak.make_field("Order Number")
    schema = boxes({"Order Numbr": TEXT, "Total": TEXT}, ("Web Order", "Web Orders"), ("Shiped", "Won"))
    with pytest.raises(FatalRunError) as stopped:
        team().provisioner.prepare("boxes", schema)
    assert str(stopped.value) == (
        "Streak does not have what the records name: "
        "no pipeline 'Web Order', did you mean 'Web Orders'? (there are 'Web Orders', 'Key Accounts'); "
        "no stage 'Shiped', did you mean 'Shipped'? of pipeline 'Web Orders' (there are 'New Order', 'In Fulfillment', "
        "'On Hold', 'Shipped', 'Won', 'Lost', 'Refunded'); "
        "no fields 'Order Numbr', did you mean 'Order Number'?, 'Total' of pipeline 'Web Orders' "
        "(there are 'Order Number'). "
        "Correct the name, or make what is missing with `target-streak setup`"
    )


def test_missing_fields_name_the_setting_and_the_command_that_help(team: Open, sandbox: Sandbox) -> None:
    with pytest.raises(FatalRunError, match=r"no field 'Order ID'.* `target-streak setup` \(or set create_missing_f"):
        team().provisioner.prepare("boxes", boxes({"Order ID": TEXT}))
    assert {entry["method"] for entry in sandbox.requests("streak")} == {"GET"}


def test_nothing_is_made_when_something_else_is_wrong(team: Open, streak: Streak) -> None:
    with pytest.raises(FatalRunError, match="Shiped"):
        team(create_missing_fields=True).provisioner.prepare("boxes", boxes({"Order ID": TEXT}, stages=("Shiped",)))
    assert streak.fields() == {}


def test_a_field_of_the_wrong_type_and_two_of_one_name_are_conflicts(team: Open, streak: Streak) -> None:
    streak.make_field("Gift", "FORMULA")
    streak.make_field("Total")
    streak.make_field("Total")
    with pytest.raises(FatalRunError) as stopped:
        team(create_missing_fields=True).provisioner.prepare(
            "boxes", boxes({"Gift": {"type": "boolean"}, "Total": TEXT})
        )
    assert "field 'Gift' of pipeline 'Web Orders' is a FORMULA field, the records fill it with yes or no" in str(
        stopped.value
    )
    assert "field 'Total' of pipeline 'Web Orders' is ambiguous" in str(stopped.value)


def test_a_renamed_stage_is_followed_and_said_once(
    team: Open, streak: Streak, caplog: pytest.LogCaptureFixture
) -> None:
    first = team()
    first.provisioner.prepare("boxes", boxes())
    key = first.catalog.stage_key(first.catalog.pipeline_key("Web Orders"), "Shipped")
    streak.call("POST", streak.stage_path("Shipped"), name="Sent")
    second = team()
    second.provisioner.prepare("boxes", boxes())
    assert second.catalog.stage_key(second.catalog.pipeline_key("Web Orders"), "Shipped") == key
    said = "stage 'Shipped' of pipeline 'Web Orders' is called 'Sent' in Streak now; it is still used for 'Shipped'"
    assert caplog.messages == [said]


def test_a_deleted_stage_rejects_its_records_and_no_others(
    team: Open, streak: Streak, caplog: pytest.LogCaptureFixture
) -> None:
    team().provisioner.prepare("boxes", boxes())
    streak.call("DELETE", streak.stage_path("On Hold"))
    opened = team()
    opened.provisioner.prepare("boxes", boxes())
    pipeline = opened.catalog.pipeline_key("Web Orders")
    with pytest.raises(RecordRejected, match="stage 'On Hold' of pipeline 'Web Orders' was deleted in Streak"):
        opened.catalog.stage_key(pipeline, "On Hold")
    assert opened.catalog.stage_key(pipeline, "Won")
    assert [message for message in caplog.messages if "records that need it are rejected" in message]


def test_a_stage_deleted_and_made_again_is_used_again(team: Open, streak: Streak) -> None:
    team().provisioner.prepare("boxes", boxes())
    streak.call("DELETE", streak.stage_path("On Hold"))
    made = streak.call("POST", f"/v2/pipelines/{streak.pipeline()['key']}/stages", name="On Hold")
    opened = team()
    assert opened.catalog.stage_key(opened.catalog.pipeline_key("Web Orders"), "On Hold") == made["key"]


def test_a_name_that_is_missed_is_read_again_once(team: Open, streak: Streak, sandbox: Sandbox) -> None:
    opened = team()
    pipeline = opened.catalog.pipeline_key("Web Orders")
    made = streak.call("POST", f"/v2/pipelines/{pipeline}/stages", name="Returned")
    assert opened.catalog.stage_key(pipeline, "Returned") == made["key"]
    sandbox.clear_requests()
    for _ in range(3):
        with pytest.raises(RecordRejected, match=r"stage 'Retuned' .*did you mean 'Returned'\?"):
            opened.catalog.stage_key(pipeline, "Retuned")
    assert len(sandbox.requests("streak")) == 1


def test_a_team_is_chosen_by_name_or_key(team: Open, streak: Streak) -> None:
    other = streak.call("POST", "/v2/teams", name="Second Team")
    assert team(team="Second Team").account.team_key == other["key"]
    assert team(team=other["key"]).account.team_key == other["key"]
    with pytest.raises(FatalRunError, match=r"set `team` to a name or key of .*Sandbox Sales"):
        team()
    with pytest.raises(FatalRunError, match=r"team 'Sandbox Sale' is unknown .*did you mean 'Sandbox Sales'\?"):
        team(team="Sandbox Sale")
    streak.call("POST", "/v2/teams", name="Second Team")
    with pytest.raises(FatalRunError, match="team 'Second Team' is ambiguous"):
        team(team="Second Team")


def test_only_members_are_assigned_and_a_stranger_is_said_once(team: Open, caplog: pytest.LogCaptureFixture) -> None:
    opened = team()
    emails = ["Maya@sandbox-sales.example", "former.rep@sandbox-sales.example", "maya@sandbox-sales.example"]
    assert opened.members.assignees(emails) == [{"email": "maya@sandbox-sales.example"}]
    assert opened.members.assignees(emails[1:2]) == []
    assert caplog.messages == [
        "rep f***@sandbox-sales.example is no member of team 'Sandbox Sales'; nobody is assigned instead"
    ]


def test_the_default_assignee_stands_in_and_must_be_a_member(team: Open) -> None:
    opened = team(default_assignee="tom@sandbox-sales.example")
    assert opened.members.assignees(["former.rep@sandbox-sales.example"]) == [{"email": "tom@sandbox-sales.example"}]
    assert opened.members.assignees([]) == []
    with pytest.raises(FatalRunError, match=r"default_assignee n\*\*\*@sandbox-sales.example is no member"):
        team(default_assignee="nobody@sandbox-sales.example")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"api_key": None}, "no Streak API key"),
        ({"api_key": "wrong"}, "refuses the API key (invalid api key)"),
        ({"api_key": "…"}, "api_key has a space, line break or other character that no key has: copy it again"),
        ({"api_key": " sandbox-streak-key "}, "api_key has a space"),
        ({"api_key": None, "access_token": "line\nbreak"}, "access_token has a space"),
        ({"api_key": None, "access_token": "wrong"}, "refuses the API key (invalid api key)"),
        ({"api_url": "{origin}"}, "not as the Streak API does: check api_url"),
        ({"api_url": "http://127.0.0.1:9/api"}, "127.0.0.1:9"),
        ({"api_url": "http://127.0.0.1:9/api"}, "check api_url, and that the API is running"),
    ],
)
def test_wrong_credentials_and_addresses_stop_in_one_line(sandbox: Sandbox, config: dict[str, Any], said: str) -> None:
    settings: dict[str, Any] = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "retry_seconds": 1}
    settings |= config
    settings["api_url"] = settings["api_url"].format(origin=sandbox.streak_origin)
    with pytest.raises(FatalRunError) as stopped:
        sign_in(streak_client(settings))
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_an_access_token_is_sent_as_bearer(sandbox: Sandbox) -> None:
    client = streak_client({"api_url": sandbox.streak_url, "access_token": sandbox.streak_key})
    assert client.get("/v1/users/me")["email"] == "robot@sandbox-sales.example"
    client.close()
