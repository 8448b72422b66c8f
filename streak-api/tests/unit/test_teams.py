"""Whose key it is and which team is meant."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError
from streak_api.teams import Account, choose_team, sign_in

Fake = Any
SALES = {"key": "t1", "name": "Sales", "members": [{"userKey": "u1", "role": "Owner"}]}
SECOND = {"key": "t2", "name": "Second"}


def test_signing_in_takes_two_calls(fake: Fake) -> None:
    client = fake({"/v1/users/me": {"email": "a@b.c", "key": "u1"}, "/v2/users/me/teams": {"results": [SALES]}})
    account = sign_in(client)
    assert (account.team_key, account.team_name, account.user_key, account.role) == ("t1", "Sales", "u1", "Owner")
    assert len(client.asked) == 2


def test_a_host_that_is_not_streak_is_named(fake: Fake) -> None:
    with pytest.raises(FatalRunError, match="not as the Streak API does: check api_url"):
        sign_in(fake({"/v1/users/me": {"hello": "world"}}))
    with pytest.raises(FatalRunError, match="the host answers 404"):
        sign_in(fake({}))


def test_a_refused_key_is_named(fake: Fake) -> None:
    with pytest.raises(FatalRunError, match="refuses the API key"):
        sign_in(fake({"/v1/users/me": 401}))


def test_who_is_no_member_has_an_unknown_role() -> None:
    account = Account({"userKey": "u9"}, SECOND)
    assert (account.role, account.team_name) == ("unknown", "Second")
    assert Account({}, {"key": "t3"}).team_name == "t3"


@pytest.mark.parametrize("wanted", ["t2", "Second", " Second "])
def test_a_team_is_chosen_by_key_or_name(wanted: str) -> None:
    assert choose_team([SALES, SECOND], wanted) is SECOND


@pytest.mark.parametrize("wanted", [None, "", " "])
def test_the_only_team_needs_no_setting(wanted: str | None) -> None:
    assert choose_team([SALES], wanted) is SALES


@pytest.mark.parametrize(
    ("teams", "wanted", "message"),
    [
        ([], None, "is in no Streak team"),
        ([SALES, SECOND], None, r"in several teams, set `TEAM` to a name or key of 'Sales \(t1\)', 'Second \(t2\)'"),
        ([SALES], "Sale", r"team 'Sale' is unknown to this API key, did you mean 'Sales'\? \(there are 'Sales'\)"),
        ([SECOND, {**SECOND, "key": "t3"}], "Second", "ambiguous, set `TEAM` to one of the keys 't2', 't3'"),
    ],
)
def test_what_cannot_be_chosen_names_the_setting(teams: list[Any], wanted: str | None, message: str) -> None:
    with pytest.raises(FatalRunError, match=message):
        choose_team(teams, wanted, "TEAM")
