"""What people call things in Streak, and what a run makes of it: pipelines, stages, teams, reps."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import FatalRunError, RecordRejected
from singer_rest.ledger import Ledger
from target_streak.connection import streak_client
from target_streak.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.testing import Sandbox

    Open = Callable[..., Workspace]
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


def test_connecting_takes_three_calls_and_a_known_name_none(sandbox: Sandbox, workspace: Open) -> None:
    opened = workspace()
    opened.prepare("boxes", boxes())
    opened.stage(opened.pipeline("Web Orders"), "Won")
    assert len(sandbox.requests("streak")) == 3
    assert opened.me["email"] == "robot@sandbox-sales.example"


def test_all_unknown_names_are_said_in_one_line(workspace: Open, streak: Streak) -> None:
    streak.make_field("Order Number")
    schema = boxes({"Order Numbr": TEXT, "Total": TEXT}, ("Web Order", "Web Orders"), ("Shiped", "Won"))
    with pytest.raises(FatalRunError) as stopped:
        workspace().prepare("boxes", schema)
    assert str(stopped.value) == (
        "Streak does not have what the records name: "
        "no pipeline 'Web Order', did you mean 'Web Orders'? (there are 'Web Orders', 'Key Accounts'); "
        "no stage 'Shiped', did you mean 'Shipped'? of pipeline 'Web Orders' (there are 'New Order', 'In Fulfillment', "
        "'On Hold', 'Shipped', 'Won', 'Lost', 'Refunded'); "
        "no fields 'Order Numbr', did you mean 'Order Number'?, 'Total' of pipeline 'Web Orders' "
        "(there are 'Order Number'). "
        "Correct the name, or make what is missing with `target-streak --setup`"
    )


def test_missing_fields_name_the_setting_and_the_command_that_help(workspace: Open, sandbox: Sandbox) -> None:
    with pytest.raises(FatalRunError, match=r"no field 'Order ID'.* `target-streak --setup` \(or set create_missing_f"):
        workspace().prepare("boxes", boxes({"Order ID": TEXT}))
    assert {entry["method"] for entry in sandbox.requests("streak")} == {"GET"}


def test_nothing_is_made_when_something_else_is_wrong(workspace: Open, streak: Streak) -> None:
    with pytest.raises(FatalRunError, match="Shiped"):
        workspace(create_missing_fields=True).prepare("boxes", boxes({"Order ID": TEXT}, stages=("Shiped",)))
    assert streak.fields() == {}


def test_a_field_of_the_wrong_type_and_two_of_one_name_are_conflicts(workspace: Open, streak: Streak) -> None:
    streak.make_field("Gift", "FORMULA")
    streak.make_field("Total")
    streak.make_field("Total")
    with pytest.raises(FatalRunError) as stopped:
        workspace(create_missing_fields=True).prepare("boxes", boxes({"Gift": {"type": "boolean"}, "Total": TEXT}))
    assert "field 'Gift' of pipeline 'Web Orders' is a FORMULA field, the records fill it with yes or no" in str(
        stopped.value
    )
    assert "field 'Total' of pipeline 'Web Orders' is ambiguous" in str(stopped.value)


def test_a_renamed_stage_is_followed_and_said_once(
    workspace: Open, streak: Streak, caplog: pytest.LogCaptureFixture
) -> None:
    first = workspace()
    first.prepare("boxes", boxes())
    key = first.stage(first.pipeline("Web Orders"), "Shipped")
    streak.call("POST", streak.stage_path("Shipped"), name="Sent")
    second = workspace()
    second.prepare("boxes", boxes())
    assert second.stage(second.pipeline("Web Orders"), "Shipped") == key
    said = "stage 'Shipped' of pipeline 'Web Orders' is called 'Sent' in Streak now; it is still used for 'Shipped'"
    assert caplog.messages == [said]


def test_a_deleted_stage_rejects_its_records_and_no_others(
    workspace: Open, streak: Streak, caplog: pytest.LogCaptureFixture
) -> None:
    workspace().prepare("boxes", boxes())
    streak.call("DELETE", streak.stage_path("On Hold"))
    opened = workspace()
    opened.prepare("boxes", boxes())
    pipeline = opened.pipeline("Web Orders")
    with pytest.raises(RecordRejected, match="stage 'On Hold' of pipeline 'Web Orders' was deleted in Streak"):
        opened.stage(pipeline, "On Hold")
    assert opened.stage(pipeline, "Won")
    assert [message for message in caplog.messages if "records that need it are rejected" in message]


def test_a_stage_deleted_and_made_again_is_used_again(workspace: Open, streak: Streak) -> None:
    workspace().prepare("boxes", boxes())
    streak.call("DELETE", streak.stage_path("On Hold"))
    made = streak.call("POST", f"/v2/pipelines/{streak.pipeline()['key']}/stages", name="On Hold")
    opened = workspace()
    assert opened.stage(opened.pipeline("Web Orders"), "On Hold") == made["key"]


def test_what_is_deleted_during_the_run_rejects_after_a_refused_write(workspace: Open, streak: Streak) -> None:
    opened = workspace()
    opened.prepare("boxes", boxes())
    pipeline = opened.pipeline("Key Accounts")
    streak.call("DELETE", f"/v1/pipelines/{pipeline}")
    opened.look_again(pipeline)
    with pytest.raises(RecordRejected, match="pipeline 'Key Accounts' was deleted in Streak"):
        opened.pipeline("Key Accounts")
    with pytest.raises(RecordRejected, match="was deleted in Streak"):
        opened.encode_fields(pipeline, {"Total": "1"})


def test_a_name_that_is_missed_is_read_again_once(workspace: Open, streak: Streak, sandbox: Sandbox) -> None:
    opened = workspace()
    pipeline = opened.pipeline("Web Orders")
    made = streak.call("POST", f"/v2/pipelines/{pipeline}/stages", name="Returned")
    assert opened.stage(pipeline, "Returned") == made["key"]
    sandbox.clear_requests()
    for _ in range(3):
        with pytest.raises(RecordRejected, match=r"stage 'Retuned' .*did you mean 'Returned'\?"):
            opened.stage(pipeline, "Retuned")
    assert len(sandbox.requests("streak")) == 1


def test_a_team_is_chosen_by_name_or_key(workspace: Open, streak: Streak) -> None:
    other = streak.call("POST", "/v2/teams", name="Second Team")
    assert workspace(team="Second Team").team_key == other["key"]
    assert workspace(team=other["key"]).team_key == other["key"]
    with pytest.raises(FatalRunError, match=r"set `team` to a name or key of .*Sandbox Sales"):
        workspace().connect()
    with pytest.raises(FatalRunError, match=r"team 'Sandbox Sale' is unknown .*did you mean 'Sandbox Sales'\?"):
        workspace(team="Sandbox Sale").connect()
    streak.call("POST", "/v2/teams", name="Second Team")
    with pytest.raises(FatalRunError, match="team 'Second Team' is ambiguous"):
        workspace(team="Second Team").connect()


def test_only_members_are_assigned_and_a_stranger_is_said_once(
    workspace: Open, caplog: pytest.LogCaptureFixture
) -> None:
    opened = workspace()
    emails = ["Maya@sandbox-sales.example", "former.rep@sandbox-sales.example", "maya@sandbox-sales.example"]
    assert opened.assignees(emails) == [{"email": "maya@sandbox-sales.example"}]
    assert opened.assignees(emails[1:2]) == []
    assert caplog.messages == [
        "rep f***@sandbox-sales.example is no member of team 'Sandbox Sales'; nobody is assigned instead"
    ]


def test_the_default_assignee_stands_in_and_must_be_a_member(workspace: Open) -> None:
    opened = workspace(default_assignee="tom@sandbox-sales.example")
    assert opened.assignees(["former.rep@sandbox-sales.example"]) == [{"email": "tom@sandbox-sales.example"}]
    assert opened.assignees([]) == []
    with pytest.raises(FatalRunError, match=r"default_assignee n\*\*\*@sandbox-sales.example is no member"):
        workspace(default_assignee="nobody@sandbox-sales.example").connect()


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
def test_wrong_credentials_and_addresses_stop_in_one_line(
    sandbox: Sandbox, tmp_path: Path, config: dict[str, Any], said: str
) -> None:
    settings: dict[str, Any] = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "retry_seconds": 1}
    settings |= config
    settings["api_url"] = settings["api_url"].format(origin=sandbox.streak_origin)
    with pytest.raises(FatalRunError) as stopped:
        Workspace(
            streak_client(settings),
            Ledger.open(f"sqlite:///{tmp_path}/l.db", source="shop", destination="streak", owner="test"),
            team=None,
            create_missing_fields=False,
            default_assignee=None,
            logger=logging.getLogger("target-streak"),
        ).connect()
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_an_access_token_is_sent_as_bearer(sandbox: Sandbox, tmp_path: Path) -> None:
    client = streak_client({"api_url": sandbox.streak_url, "access_token": sandbox.streak_key})
    assert client.get("/v1/users/me")["email"] == "robot@sandbox-sales.example"
    client.close()
