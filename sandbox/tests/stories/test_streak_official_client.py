"""Streak's own Python client, generated from its OpenAPI document, against the sandbox: it validates every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from streak_crm import Streak
from streak_crm.core.api_error import ApiError
from streak_crm.types import AssigneeInput, OrganizationLinkInput
from streak_crm.types.pipeline_field_create import PipelineFieldCreate
from streak_crm.types.pipeline_field_dropdown_item_update import PipelineFieldDropdownItemUpdate
from streak_crm.types.pipeline_field_dropdown_settings_update import PipelineFieldDropdownSettingsUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Streak]:
    with httpx.Client() as transport:
        yield Streak(token=sandbox.streak_key, base_url=sandbox.streak_url, httpx_client=transport, max_retries=0)


@pytest.fixture
def team(client: Streak) -> str:
    return str(client.teams.get_current_user_teams().results[0].key)


def test_it_finds_itself_its_team_and_its_pipelines(client: Streak, team: str) -> None:
    me = client.users.get_current_user()
    assert me.email == "robot@sandbox-sales.example"
    assert client.users.get_user(me.key) == me
    assert next(user.email for user in client.users.get_users_on_team(team).results) == me.email
    assert client.teams.get_team(team).name == "Sandbox Sales"
    assert [pipeline.name for pipeline in client.pipelines.list_pipelines().results] == ["Web Orders", "Key Accounts"]
    assert client.api_keys.get_api_keys()[0].key_type == "USER"


def test_it_builds_a_pipeline(client: Streak, team: str) -> None:
    size = PipelineFieldCreate(name="Size", type="TEXT_INPUT")
    made = client.pipelines.create_pipeline(name="Sales", team_key=team, stages=["Lead", "Won"], fields=[size])
    stage = client.pipeline_stages.create_stage(made.key, name="Lost")
    assert client.pipeline_stages.get_stage(made.key, stage.key).name == "Lost"
    region = client.pipelines.create_field(made.key, name="Region", type="DROPDOWN")
    items = PipelineFieldDropdownSettingsUpdate(items=[PipelineFieldDropdownItemUpdate(name="EU")])
    added = client.pipelines.update_field(made.key, region.key, add_only=True, dropdown_settings=items)
    assert added.dropdown_settings is not None
    assert added.dropdown_settings.items[0].key == "9001"
    assert [field.name for field in client.pipelines.list_fields(made.key)] == ["Size", "Region"]
    assert client.pipelines.get_pipeline(made.key).stage_order == ["5001", "5002", "5003"]
    assert client.pipelines.delete_pipeline(made.key).success


def test_it_keeps_contacts_and_organizations(client: Streak, team: str) -> None:
    firm = client.organizations.create_organization(team, name="Acme", domains=["acme.com"])
    ada = client.contacts.create_contact(team, email_addresses=["Ada@acme.com"], given_name="Ada")
    again = client.contacts.create_contact(team, email_addresses=["ada@acme.com"], get_if_existing=True)
    assert again == ada
    linked = client.contacts.update_contact(ada.key, title="CTO", org_links=[OrganizationLinkInput(key=firm.key)])
    assert (linked.title, linked.org_links[0].key) == ("CTO", firm.key)
    assert [contact.key for contact in client.contacts.list_contacts(team, after=0).results] == [ada.key]
    assert client.organizations.list_organizations(team, limit=1).cursor
    assert client.contacts.get_contacts(request=[ada.key, "nix"]) == {ada.key: linked}
    assert client.contacts.delete_contact(ada.key).success
    with pytest.raises(ApiError) as refusal:
        client.contacts.get_contact(ada.key)
    assert refusal.value.status_code == 404


def test_it_works_on_a_box(client: Streak, streak: Any) -> None:
    box = streak.box("Acme deal")["key"]
    task = client.tasks.create_task(box, text="Call", assigned_to=[AssigneeInput(email="maya@sandbox-sales.example")])
    assert client.tasks.update_task(task.key, status="DONE", due_date=1735689600000).status == "DONE"
    assert client.tasks.get_tasks_for_box(box).results[0].assigned_to[0].full_name == "Maya Lindqvist"
    assert client.tasks.get_assigned_tasks(include_completed=True, direction="asc").results == []
    comment = client.comments.create_comment(box, message="hi")
    assert client.comments.react_to_comment(comment.key, emoji="+1").reaction_summary[0].count == 1
    call = client.meetings.create_meeting(box, meeting_type="CALL_LOG", start_timestamp=1, notes="n", duration=5)
    assert client.meetings.get_meetings(box).results == [call]
    assert "Acme deal" in client.boxes.get_box_markdown(box)
    found = client.search(name="Acme deal").results
    assert found is not None
    assert [hit.box_key for hit in found.boxes or []] == [box]


def test_it_reads_the_demo(client: Streak, sandbox: Sandbox) -> None:
    sandbox.reset("demo")
    team = client.teams.get_current_user_teams().results[0].key
    assert len(client.contacts.list_contacts(team).results) == 2
    found = client.search(query="priya").results
    assert found is not None
    assert [hit.title for hit in found.contacts or []] == ["Head of Purchasing"]
