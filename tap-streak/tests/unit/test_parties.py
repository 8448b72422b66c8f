"""Who the keys of contacts and organizations mean."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import ApiError
from streak_double import Double, refused
from tap_streak.directory import Parties, Party, party_of

BATCH = "/v2/contacts/batch/get"
PEOPLE = {f"c{n}": {"key": f"c{n}", "emailAddresses": [f"{n}@x.example"], "givenName": "Ada"} for n in range(250)}


@pytest.mark.parametrize(
    ("row", "party"),
    [
        ({"emailAddresses": ["a@x", "b@x"], "givenName": "Ada", "familyName": "Byron"}, Party("a@x", "Ada Byron")),
        ({"domains": ["x.example"], "name": "Firm"}, Party("x.example", "Firm")),
        ({"givenName": "Ada"}, Party(None, "Ada")),
        ({}, Party(None, None)),
    ],
)
def test_a_contact_is_called_by_its_first_e_mail_an_organization_by_its_domain(row: Any, party: Party) -> None:
    assert party_of(row) == party
    assert party.known_as == (party.address or party.name)


def test_each_is_looked_up_once_a_hundred_a_call() -> None:
    streak = Double({BATCH: lambda keys: {key: PEOPLE[key] for key in keys}})
    parties = Parties(streak.client, "contacts")
    parties.prepare(PEOPLE)
    parties.prepare(PEOPLE)
    assert [len(params["keys"]) for _, params in streak.asked] == [100, 100, 50]
    assert [party.address for party in parties.named(["c2", "c1"])] == ["2@x.example", "1@x.example"]


def test_what_was_read_anyway_is_not_looked_up() -> None:
    streak = Double()
    parties = Parties(streak.client, "contacts")
    parties.remember([PEOPLE["c1"]])
    parties.prepare(["c1"])
    assert streak.asked == []


def test_what_is_gone_is_left_out_and_not_asked_for_again() -> None:
    streak = Double({BATCH: lambda _keys: [None, {}]})
    parties = Parties(streak.client, "contacts")
    parties.prepare(["c1"])
    parties.prepare(["c1"])
    assert parties.named(["c1"]) == []
    assert len(streak.asked) == 1


def test_where_there_is_no_batch_each_is_fetched_alone() -> None:
    answers: dict[str, Any] = {"/v2/contacts/c1": PEOPLE["c1"], "/v2/contacts/c2": refused(403)}
    streak = Double(answers)
    parties = Parties(streak.client, "contacts")
    parties.prepare(["c1", "c2", "c3"])
    parties.prepare(["c4"])
    assert [path for path, _ in streak.asked].count(BATCH) == 1
    assert [party.address for party in parties.named(["c1", "c2", "c3"])] == ["1@x.example"]


def test_another_refusal_is_not_hidden() -> None:
    with pytest.raises(ApiError):
        Parties(Double({BATCH: refused(402)}).client, "contacts").prepare(["c1"])
    with pytest.raises(ApiError):
        Parties(Double({"/v2/contacts/c1": refused(402)}).client, "contacts").prepare(["c1"])
