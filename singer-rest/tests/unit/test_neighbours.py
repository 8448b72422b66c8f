"""What another source of the same ledger has at the same destination is known to be its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest.ledger import Content, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHOP, OTHER, TEAM, TEAM_2 = "https://shop/api/v1", "https://other/api/v1", "https://crm/api t1", "https://crm/api t2"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str, str], Ledger]]:
    ledgers = []

    def open_ledger(source: str, destination: str) -> Ledger:
        ledgers.append(Ledger.open(f"sqlite:///{tmp_path / 'l.db'}", source=source, destination=destination))
        return ledgers[-1]

    yield open_ledger
    for ledger in ledgers:
        ledger.close()


def link(ledger: Ledger, stream: str, external_id: str, key: str, digest: str = "h") -> None:
    content = Content(digest, {"@source": f"orders:{external_id}"})
    ledger.links.written(stream, external_id, vendor_key=key, flow="f", content=content, result="created")


def test_a_record_of_another_source_is_known(opened: Callable[[str, str], Ledger]) -> None:
    ours, theirs, elsewhere = opened(SHOP, TEAM), opened(OTHER, TEAM), opened(OTHER, TEAM_2)
    link(ours, "boxes", "1", "b1")
    link(theirs, "boxes", "1", "b2", "other")
    link(elsewhere, "boxes", "1", "b3")
    assert [ours.neighbours.source_of("boxes", key) for key in ("b1", "b2", "b3")] == [None, OTHER, None]
    assert ours.neighbours.keys("boxes") == {"b2"}
    assert ours.neighbours.hashes("boxes", "1") == {OTHER: "other"}
    assert elsewhere.neighbours.keys("boxes") == set()


def test_who_linked_it_first_has_it(opened: Callable[[str, str], Ledger]) -> None:
    ours, theirs = opened(SHOP, TEAM), opened(OTHER, TEAM)
    link(ours, "contacts", "C1", "k1")
    link(theirs, "contacts", "C9", "k1")
    assert (ours.neighbours.were_first("contacts", "k1"), theirs.neighbours.were_first("contacts", "k1")) == (
        False,
        True,
    )
    assert not theirs.neighbours.were_first("contacts", "k2")


def test_the_way_back_knows_what_is_whose(opened: Callable[[str, str], Ledger]) -> None:
    there, theirs, back = opened(SHOP, TEAM), opened(OTHER, TEAM), opened(TEAM, SHOP)
    link(there, "boxes", "1", "b1")
    link(theirs, "boxes", "1", "b2")
    reverse = back.reverse
    assert [reverse.neighbours.source_of("boxes", key) for key in ("b1", "b2", "b3")] == [None, OTHER, None]
    assert [each.vendor_key for each in reverse.links("boxes", external_id="1")] == ["b1"]
    assert [each.external_id for each in reverse.links("boxes", vendor_key="b1")] == ["1"]
    assert (reverse.has_any("boxes"), reverse.has_any("tasks")) == (True, False)


def test_a_request_of_the_other_direction_is_known_while_nobody_heard_its_end(
    opened: Callable[[str, str], Ledger],
) -> None:
    there, back = opened(SHOP, TEAM), opened(TEAM, SHOP)
    there.intents.open("boxes", "1", {"creates": True})
    there.intents.open("boxes", "2", {"creates": False})
    assert [back.reverse.in_doubt_of("boxes", order) for order in "123"] == [True, False, False]


def test_a_lost_id_is_told_to_the_other_direction(opened: Callable[[str, str], Ledger]) -> None:
    there, back = opened(SHOP, TEAM), opened(TEAM, SHOP)
    back.reverse.note_lost_id("boxes", "1")
    (lost,) = there.bindings.of_kind("lost its id")
    assert (lost.scope, lost.name) == ("boxes", "1")
    there.bindings.unbind("lost its id", "boxes", "1")
    assert there.bindings.of_kind("lost its id") == []
