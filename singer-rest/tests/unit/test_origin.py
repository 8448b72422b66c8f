"""One account at an API has one name, however its address is spelled."""

from __future__ import annotations

import pytest
from singer_rest.http.origin import origin_of, same_origin_text

SHOP = "https://shop.example.com/api/v1"


@pytest.mark.parametrize(
    "spelled",
    [
        SHOP,
        f"{SHOP}/",
        "HTTPS://Shop.Example.COM/api/v1",
        "https://shop.example.com:443/api/v1//",
        " https://shop.example.com./api/v1",
        "https://user:secret@shop.example.com/api/v1?key=1",
    ],
)
def test_spellings_of_one_address_are_one(spelled: str) -> None:
    assert origin_of(spelled) == SHOP
    assert same_origin_text(f"{spelled}  team-1".strip()) == f"{SHOP} team-1"


def test_what_differs_stays_apart() -> None:
    others = [
        "http://shop.example.com/api/v1",
        "https://shop.example.com:8443/api/v1",
        "https://shop.example.com/API/v1",
    ]
    assert len({SHOP, *map(origin_of, others), origin_of(SHOP, "t1"), origin_of(SHOP, "t2")}) == 6


@pytest.mark.parametrize("name", ["default", "my shop", "crm", "http://[broken/"])
def test_a_name_that_is_no_address_stays_a_name(name: str) -> None:
    assert same_origin_text(name) == name.rstrip("/")


def test_an_address_of_ip_6_keeps_its_brackets() -> None:
    assert origin_of("http://[::1]:80/api") == "http://[::1]/api"
