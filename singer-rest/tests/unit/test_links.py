"""Links, contents, conflicts and log of one record are written together."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import RecordRejected
from singer_rest.ledger import Conflict, Content, Ledger, Link


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.in_memory()


def write(ledger: Ledger, external_id: str = "1", key: str | None = "k1", **changed: Any) -> None:
    content = changed.pop("content", Content("h", {"a": "1"}, "2026-01-01T00:00:00Z", 3))
    given: dict[str, Any] = {"flow": "f", "content": content, "result": "created"} | changed
    ledger.links.written("things", external_id, vendor_key=key, **given)


def test_what_was_written_is_found(ledger: Ledger) -> None:
    assert ledger.links.find("things", "1", "f") is None
    write(ledger)
    known = ledger.links.find("things", "1", "f")
    assert known is not None
    assert known.link == Link("things", "1", "k1", "linked")
    assert known.content == Content("h", {"a": "1"}, "2026-01-01T00:00:00Z", 3)
    other = ledger.links.find("things", "1", "g")
    assert other is not None
    assert other.content is None
    assert ledger.links.to_key("things", "k1") == [known.link]


def test_a_key_stays_when_none_is_given(ledger: Ledger) -> None:
    write(ledger)
    write(ledger, key=None, flow="g")
    assert ledger.links.get("things", "1") == Link("things", "1", "k1", "linked")
    assert sorted(ledger.links.contents("things", "1")) == ["f", "g"]


def test_an_intent_is_closed_and_a_conflict_kept_with_it(ledger: Ledger) -> None:
    ledger.intents.open("things", "1", {})
    write(ledger, disagreed=[Conflict("things", "1", "stage", "a", "b", None, "rule")])
    assert ledger.intents.get("things", "1") is None
    assert [conflict.name for conflict in ledger.conflicts.all()] == ["stage"]


def test_a_write_that_fails_writes_nothing(ledger: Ledger) -> None:
    ledger.intents.open("things", "1", {"a": 1})
    with pytest.raises(RecordRejected, match="half a character"):
        write(ledger, content=Content("h", {"a": "\ud800"}))
    assert ledger.links.get("things", "1") is None
    assert ledger.intents.get("things", "1") is not None


def test_states(ledger: Ledger) -> None:
    write(ledger)
    ledger.links.set_state("things", "1", "parked", "loops")
    write(ledger)
    parked = ledger.links.get("things", "1")
    assert parked is not None
    assert parked.state == "parked"
    ledger.links.unpark("things", "1")
    assert ledger.links.get("things", "1") == Link("things", "1", "k1", "linked")
    ledger.links.set_state("things", "new", "detached")
    assert ledger.links.get("things", "new") == Link("things", "new", None, "detached")


def test_the_lease_of_a_record_is_given_back_with_its_write(ledger: Ledger) -> None:
    with ledger.lease("things", "1") as held:
        write(ledger, lease=held.lease)
        assert ledger.intents.abandoned() == []
        assert held.lease is not None
        assert held.lease.is_given_back
    with ledger.lease("things", "1") as again:
        assert again.link == Link("things", "1", "k1", "linked")


def test_adopted_links_have_no_content(ledger: Ledger) -> None:
    ledger.links.adopt("things", {"1": "k1", "2": "k1"})
    assert [link.external_id for link in ledger.links.to_key("things", "k1")] == ["1", "2"]
    assert ledger.links.contents("things", "1") == {}
