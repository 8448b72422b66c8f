"""A scope is found by where records come from and go to; one of an earlier version is claimed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

SHOP, OTHER, TEAM = "https://shop/api/v1", "https://other/api/v1", "https://crm/api t1"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


def scope(url: str, source: str | None, destination: str = TEAM, *, claims: bool = False, reads: bool = False) -> str:
    with Ledger.open(url, source=source, destination=destination, read_only=reads) as ledger:
        if claims:
            ledger.claim()
        return f"{ledger.scope.number} {ledger.scope.known_as}"


@pytest.mark.parametrize("earlier", [None, "default", "https://SHOP:443/api/v1/"])
def test_a_scope_of_an_earlier_version_is_claimed_by_the_first_origin(url: str, earlier: str | None) -> None:
    assert scope(url, earlier).startswith("1 ")
    assert scope(url, SHOP, claims=True) == f"1 {SHOP}"
    assert scope(url, OTHER) == f"2 {OTHER}"
    assert scope(url, f"{SHOP}/") == f"1 {SHOP}"


def test_it_keeps_its_name_until_it_is_claimed(url: str) -> None:
    scope(url, None)
    assert [scope(url, SHOP), scope(url, OTHER), scope(url, SHOP, reads=True)] == ["1 default"] * 3


def test_an_address_without_account_is_claimed_by_the_address_with_it(url: str) -> None:
    scope(url, "https://crm/api", SHOP)
    assert scope(url, TEAM, SHOP, claims=True) == f"1 {TEAM}"
    assert scope(url, "https://crm/api t2", SHOP) == "2 https://crm/api t2"


def test_a_name_of_ones_own_claims_nothing(url: str) -> None:
    scope(url, None)
    assert scope(url, "shop-b") == "2 shop-b"


def test_without_a_source_the_only_one_is_meant(url: str) -> None:
    scope(url, SHOP)
    assert scope(url, None) == f"1 {SHOP}"
    scope(url, OTHER)
    with pytest.raises(FatalRunError, match=f"several sources of {TEAM}: set `source` to one of {SHOP}, {OTHER}"):
        scope(url, None)


def test_a_ledger_that_is_only_read_gets_no_scope(url: str) -> None:
    assert scope(url, SHOP, reads=True).startswith("0 ")
    scope(url, SHOP)
    assert scope(url, OTHER, reads=True).startswith("0 ")


def test_a_shop_with_a_new_address_keeps_its_rows(url: str) -> None:
    scope(url, SHOP)
    scope(url, TEAM, SHOP)
    assert Ledger.rename(url, f"{SHOP}/", "https://new/api/v1") == 2
    assert scope(url, "https://new/api/v1").startswith("1 ")
    assert scope(url, TEAM, "https://new/api/v1").startswith("2 ")
    scope(url, OTHER)
    with pytest.raises(FatalRunError, match="can't become one"):
        Ledger.rename(url, OTHER, "https://new/api/v1")
