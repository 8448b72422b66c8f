"""Only members can be assigned to anything."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import FatalRunError


def test_members_are_assigned_once_as_streak_spells_them(sign_in: Any) -> None:
    members = sign_in().members
    assert members.assignees(["ada@shop.example", " ADA@shop.example "]) == [{"email": "Ada@shop.example"}]
    assert len(members) == 1


def test_a_stranger_is_logged_once_and_left_out(sign_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    members = sign_in().members
    for _ in range(2):
        assert members.assignees(["bob@shop.example", "no address"]) == []
    assert caplog.messages == [
        "rep b***@shop.example is no member of team 'Sales'; nobody is assigned instead",
        "a rep without an e-mail address is no member of team 'Sales'; nobody is assigned instead",
    ]


def test_the_default_assignee_stands_in(sign_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    members = sign_in(default_assignee="ada@shop.example").members
    assert members.assignees(["bob@shop.example"]) == [{"email": "Ada@shop.example"}]
    assert "A***@shop.example stands in" in caplog.text


def test_who_only_pays_is_no_member(sign_in: Any) -> None:
    with pytest.raises(FatalRunError, match=r"default_assignee p\*\*\*@shop.example is no member"):
        sign_in(default_assignee="pay@shop.example")
