"""Two directions in one ledger know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Content, Ledger
from singer_rest.sync.merge import same

if TYPE_CHECKING:
    from collections.abc import Callable

    Open = Callable[..., Ledger]

SHOP, CRM = "https://shop.example/api/v1", "https://crm.example/api"


def carry(ledger: Ledger, stream: str, external_id: str, key: str, flow: str = "there") -> None:
    content = Content("h", {"name": external_id}, "2026-03-02T12:00:00Z", 3)
    ledger.links.written(stream, external_id, vendor_key=key, flow=flow, content=content, result="created")


def names(ledger: Ledger, stream: str = "boxes", key: str = "b1") -> list[str]:
    return [content.values["name"] for content in ledger.reverse.contents(stream, key)]


@pytest.mark.parametrize(
    ("there", "back", "known"),
    [
        ((SHOP, f"{CRM} team"), (CRM, SHOP), True),
        ((SHOP, f"{CRM} team"), (f"{CRM} team", SHOP), True),
        (("default", f"{CRM} team"), ("default", SHOP), True),
        ((SHOP, f"{CRM} team"), ("default", SHOP), True),
        ((SHOP, f"{CRM} team"), ("https://crm.example", SHOP), False),
        ((SHOP, f"{CRM} team"), (CRM, "https://other.example"), False),
    ],
)
def test_the_other_direction_is_found(
    open_ledger: Open, there: tuple[str, str], back: tuple[str, str], *, known: bool
) -> None:
    carry(open_ledger(*there), "boxes", "100234", "b1")
    assert names(open_ledger(*back)) == (["100234"] if known else [])


def test_two_that_could_be_meant_are_none(open_ledger: Open) -> None:
    for team in ("one", "two"):
        carry(open_ledger(SHOP, f"{CRM} {team}"), "boxes", "100234", "b1")
    assert names(open_ledger(f"{CRM} two", SHOP)) == ["100234"]
    assert names(open_ledger(CRM, SHOP)) == []


def test_all_flows_and_links_of_one_key_the_oldest_first(open_ledger: Open) -> None:
    there, back = open_ledger(SHOP, CRM), open_ledger(CRM, SHOP)
    carry(there, "boxes", "2", "b1")
    carry(there, "boxes", "1", "b1")
    carry(there, "boxes", "2", "b1", flow="other")
    carry(there, "contacts", "3", "b1")
    carry(back, "boxes", "4", "b1")
    assert names(back) == ["2", "2", "1"]
    assert names(back, "contacts") == ["3"]
    assert names(there) == ["4"]


def test_what_the_other_direction_is_writing_is_known_while_it_does(open_ledger: Open) -> None:
    there, back = open_ledger(SHOP, CRM), open_ledger(CRM, SHOP)
    with there.lease("boxes", "1"), there.lease("tasks", "2"):
        assert back.reverse.under_way("boxes") == {("boxes", "1")}
        assert there.reverse.under_way("boxes") == set()


def test_a_dry_run_before_the_first_run_knows_nobody(open_ledger: Open) -> None:
    carry(open_ledger(SHOP, CRM), "boxes", "1", "b1")
    assert names(open_ledger(CRM, SHOP, read_only=True)) == []


@pytest.mark.parametrize(
    ("there", "value", "equal"),
    [
        ({"city": "Austin", "line2": None, "zip": "7"}, {"line2": "", "city": "Austin"}, True),
        ({"city": "Austin"}, {"city": "Dallas"}, False),
        ({"city": "Austin"}, {"city": "Austin", "line1": "1 Main St"}, False),
        ([{"city": "Austin", "id": 1}], [{"city": "Austin"}], True),
        ([{"city": "Austin"}], [{"city": "Austin"}, {"city": "Austin"}], False),
        ([{"city": "a"}, {"city": "b"}], [{"city": "b"}, {"city": "a"}], False),
        ([{"key": "1"}, {"key": "2"}], [{"key": "2"}, {"key": "1"}], True),
        (None, {}, True),
    ],
)
def test_objects_are_the_same_by_what_is_said_of_them(there: object, value: object, *, equal: bool) -> None:
    assert same(there, value) is equal


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ((SHOP, f"{CRM} team"), ("https://api.crm.example/api", SHOP)),
        (("https://www.shop.example/api/v1", f"{CRM} team"), (CRM, SHOP)),
        ((CRM, SHOP), ("http://shop.example/api/v1", f"{CRM} team")),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_direction_that_only_just_misses_the_other_stops(
    open_ledger: Open, there: tuple[str, str], back: tuple[str, str], *, read_only: bool
) -> None:
    open_ledger(*there)
    for _ in range(2):
        with pytest.raises(FatalRunError, match="would not know each other") as told:
            open_ledger(*back, read_only=read_only)
        assert all(name in str(told.value) for name in (*there, *back))
    open_ledger(there[1], there[0], read_only=read_only)


def test_chains_teams_and_more_shops_than_one_are_left_alone(open_ledger: Open) -> None:
    for scope in (
        (SHOP, f"{CRM} team"),
        (CRM, SHOP),
        (SHOP, f"{CRM} other"),
        (f"{CRM} other", SHOP),
        ("https://shop-2.example/api/v1", f"{CRM} team"),
        (f"{CRM} team", "https://books.example/v3"),
    ):
        open_ledger(*scope)
