"""The last synced value of each shared property on both sides, from both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_sinks import Things, record, things
from singer_rest.ledger import Content
from singer_rest.sync.merge import ABSENT, Changed, Decision, PropertyChange, decide
from singer_rest.sync.merge_base import MERGE_BASE, MergeBase, known_merge_bases, new_merge_bases

STORED = {"of": "status", "source": "paid", "there": "Paid", "at": 10, "source_as_of": 3, "there_as_of": 5}


def sink() -> Things:
    return things(stage={"shared": True, "of": "status"}, phones={"add_only": True, "of": "phone.0"})


def test_what_is_stored_is_read_again() -> None:
    base = MergeBase("paid", "Paid", 3, 5, 10)
    assert base.stored("status") == STORED
    assert known_merge_bases({MERGE_BASE: {"stage": STORED}}, [], "things:k1", sink().fields) == {"stage": base}
    assert "there" not in MergeBase("paid", ABSENT, None, None, 10).stored("status")


def reverse(name: str = "status", source: str = "things:k1", **changed: Any) -> Content:
    stored = {
        "of": "stage",
        "source": "Lost",
        "there": "lost",
        "at": 20,
        "source_as_of": 7,
        "there_as_of": 8,
        **changed,
    }
    return Content("h", {"@source": source, MERGE_BASE: {name: stored}})


def test_the_later_base_of_either_direction_counts() -> None:
    own, fields = {MERGE_BASE: {"stage": STORED}}, sink().fields
    turned = MergeBase("lost", "Lost", 8, 7, 20, ours=False)
    assert known_merge_bases(own, [reverse()], "things:k1", fields) == {"stage": turned}
    assert known_merge_bases(own, [reverse(at=5)], "things:k1", fields)["stage"].ours
    assert known_merge_bases({}, [reverse(source="things:k2")], "things:k1", fields) == {}
    assert known_merge_bases({}, [reverse("other")], "things:k1", fields) == {}
    disputed = known_merge_bases({}, [reverse(disputed=True)], "things:k1", fields)["stage"]
    assert disputed.source is ABSENT


def test_a_record_that_was_read_before_says_nothing_new() -> None:
    made = record(sink(), updated_at="1970-01-01T00:00:01Z")
    assert MergeBase("a", "b", 1001, None, 1).is_newer_than(made)
    assert not MergeBase("a", "b", 1000, None, 1).is_newer_than(made)
    assert not MergeBase("a", "b", None, None, 1).is_newer_than(made)


@pytest.mark.parametrize(
    ("changed", "source_at", "newer"),
    [
        ("2026-05-02T12:00:00Z", 1_777_723_200_000, True),  # as old as what was synced
        ("2026-05-02T12:00:05Z", 1_777_723_200_000, True),  # clocks of one source differ by seconds
        ("2026-05-02T13:00:00Z", 1_777_723_200_000, False),  # an older version that changed later: restored
        ("2026-05-02T13:00:00Z", None, True),  # a ledger of before does not tell
        (None, 1_777_723_200_000, True),
    ],
)
def test_an_older_version_that_changed_later_tells_something_new(
    changed: str | None, source_at: int | None, *, newer: bool
) -> None:
    made = record(sink(), updated_at=changed, version=4)
    assert MergeBase("a", "b", 6, None, 1, source_at=source_at).is_newer_than(made) is newer


def test_the_other_direction_knows_when_its_destination_changed() -> None:
    turned = known_merge_bases({}, [reverse(there_at=5, source_at=6)], "things:k1", sink().fields)["stage"]
    assert (turned.source_at, turned.there_at) == (5, 6)


def change(name: str, value: Any, *, there: Any = ABSENT, changed: Changed = Changed.SOURCE, sends: bool = True) -> Any:
    made = PropertyChange(name, name, value, ABSENT, sink().fields[name], there=there, changed=changed)
    made.decision = Decision(sends=sends)
    return made


def bases(
    changes: list[Any], vendor: dict[str, Any] | None, known: dict[str, MergeBase] | None = None, **values: Any
) -> Any:
    blank_names = values.pop("blank_names", [])
    made = record(sink(), said={"stage": "paid", "phones": "1"}, **values)
    return new_merge_bases(made, sink().fields, known or {}, changes, vendor, blank_names, (9, 900), 100)


def test_what_was_sent_is_in_sync() -> None:
    [(name, base)] = bases([change("stage", "Paid")], {"stage": "Paid"}, stage="Paid").items()
    assert (name, base["there"], base["source"], base["there_as_of"], base["at"]) == ("stage", "Paid", "paid", 9, 100)


def test_what_somebody_changed_meanwhile_has_no_revision() -> None:
    assert bases([change("stage", "Paid")], {"stage": "Lost"}, stage="Paid")["stage"]["there_as_of"] is None


def test_what_stays_keeps_its_base_and_says_that_it_is_disputed() -> None:
    kept = change("stage", "Paid", there="Lost", changed=Changed.BOTH, sends=False)
    before = {"stage": MergeBase("new", "New", 1, 1, 200)}
    base = bases([kept], {"stage": "Lost"}, before, stage="Paid")["stage"]
    assert (base["there"], base["disputed"], base["at"]) == ("New", True, 201)
    assert "there" not in bases([kept], {"stage": "Lost"}, stage="Paid")["stage"]


def test_blank_on_both_sides_is_in_sync() -> None:
    assert bases([], {}, blank_names=["stage"])["stage"]["there"] is None


def test_of_a_list_the_first_item_counts_unless_people_put_another_there() -> None:
    sent = change("phones", ["1"])
    assert bases([sent], {"phones": ["1", "2"]}, phones=["1"])["phones"]["there"] == "1"
    assert bases([sent], {"phones": ["2", "1"]}, phones=["1"]) == {}
    added = decide(replace(sent, adds=True), {"phones": ["2"]})
    assert (added.to_send, bases([added], {"phones": added.to_send}, phones=["1"])) == (["2", "1"], {})
    known = {"phones": MergeBase("0", "2", None, None, 1)}
    assert bases([sent], {"phones": ["2", "1"]}, known, phones=["1"])["phones"]["there"] == "2"
