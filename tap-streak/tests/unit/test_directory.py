"""What keys mean, and when Streak is asked again."""

from __future__ import annotations

from typing import Any

from streak_double import Double
from tap_streak.account import Account
from tap_streak.directory import Directory

TEAM = {
    "key": "T",
    "name": "Team",
    "members": [{"userKey": "u1", "email": "rep@x.example"}, {"userKey": "u2"}],
    "contactSettings": {"fields": {"9": {"name": "Size", "type": "TEXT_INPUT"}}},
}
PIPELINE: dict[str, Any] = {"key": "P", "name": "Orders", "stages": {"5": {"name": "New"}}, "fields": []}
FIELD = {"key": "1001", "name": "Total", "type": "TEXT_INPUT"}


def directory(**answers: Any) -> tuple[Directory, Double]:
    streak = Double(
        {
            "/v2/users/me/teams": {"results": [TEAM], "hasNextPage": False},
            "/v1/pipelines": [PIPELINE],
            "/v1/pipelines/P": PIPELINE | {"stages": {"5": {"name": "New"}, "6": {"name": "Won"}}, "fields": [FIELD]},
            **answers,
        }
    )
    return Directory(streak.client, Account(streak.client, {"page_size": 10})), streak


def test_a_stage_or_field_that_is_new_is_asked_for_once() -> None:
    names, streak = directory()
    names.learn("P", [{"stageKey": "6", "fields": {"1001": "5"}}, {"stageKey": "nowhere"}])
    assert names.pipeline("P")["stages"]["6"]["name"] == "Won"
    assert names.fields_of_pipeline("P").decode({"1001": "5"}, names.naming) == {"Total": "5"}
    names.learn("P", [{"stageKey": "nowhere"}])
    assert [path for path, _ in streak.asked].count("/v1/pipelines/P") == 1


def test_what_is_known_costs_no_call() -> None:
    names, streak = directory()
    names.learn("P", [{"stageKey": "5", "fields": {}}, {}])
    assert "/v1/pipelines/P" not in [path for path, _ in streak.asked]


def test_an_answer_that_is_another_pipeline_changes_nothing() -> None:
    names, _ = directory(**{"/v1/pipelines/P": {"key": "other"}})
    names.learn("P", [{"stageKey": "6"}])
    assert names.pipeline("P") == PIPELINE


def test_a_new_field_of_contacts_has_the_team_asked_again() -> None:
    names, streak = directory()
    names.learn_team("contacts", [{"fields": {"9": "big"}}])
    names.learn_team("contacts", [{"fields": {"10": "red"}}])
    names.fields_of_team("contacts")
    names.learn_team("contacts", [{"fields": {"10": "red"}}])
    assert [path for path, _ in streak.asked].count("/v2/users/me/teams") == 2


def test_companies_are_named_by_domain_else_by_name() -> None:
    names, _ = directory()
    names.parties["organizations"].remember(
        [{"key": "o1", "domains": ["x.example"], "name": "X"}, {"key": "o2", "name": "No Domain"}]
    )
    assert names.companies([{"key": "o1"}, "o2", "gone"]) == {
        "organizationExternalIds": ["o1", "o2", "gone"],
        "organizationDomains": ["x.example"],
        "organizationNames": ["No Domain"],
    }


def test_people_are_named_by_e_mail_where_they_have_one() -> None:
    names, _ = directory()
    people = [{"email": "own@x.example"}, {"userKey": "u1"}, {"userKey": "u2"}, {}]
    assert names.assignees(people) == ["own@x.example", "rep@x.example"]
    assert names.assignees(None) == []
    assert names.naming("users", "u1") == "rep@x.example"


def test_only_those_are_looked_up_whose_names_are_wanted() -> None:
    names, streak = directory(**{"/v2/contacts/batch/get": lambda keys: [{"key": key} for key in keys]})
    rows = [{"contacts": [{"key": "c1"}], "organizations": [{"key": "o1"}]}]
    names.prepare(rows, names.fields_of_pipeline("P"), {"contacts": "contacts"})
    assert [path for path, _ in streak.asked if "batch" in path] == ["/v2/contacts/batch/get"]
