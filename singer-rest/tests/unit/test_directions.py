"""Which two scopes of a ledger are two directions between the same systems, and which were to be and are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger
from singer_rest.ledger.directions import Direction

if TYPE_CHECKING:
    from pathlib import Path

SHOP, OTHER, TEAM, TEAM_2 = "https://shop/api/v1", "https://other/api/v1", "https://crm/api t1", "https://crm/api t2"
THERE, BACK = (SHOP, TEAM), (TEAM, SHOP)


@pytest.mark.parametrize(
    ("other", "faces", "misses"),
    [
        (Direction(TEAM, SHOP), True, False),
        (Direction("https://crm/api", SHOP), True, False),
        (Direction("default", SHOP), True, False),
        (Direction(TEAM_2, SHOP), False, True),
        (Direction("https://crm:8443/api t1", SHOP), False, True),
        (Direction(TEAM, OTHER), False, True),
        (Direction("http://localhost/api t1", "http://localhost/api/v1"), False, True),
        (Direction(TEAM, "https://shop/store/api/v1"), False, True),
        (Direction("https://else/v9", SHOP), False, False),
        (Direction(OTHER, TEAM), False, False),
        (Direction(SHOP, TEAM_2), False, False),
        (Direction(OTHER, TEAM_2), False, False),
        (Direction("my crm", SHOP), False, False),
    ],
)
def test_directions_face_each_other_or_miss(other: Direction, *, faces: bool, misses: bool) -> None:
    ours = Direction(*THERE)
    assert (ours.faces(other), other.faces(ours)) == (faces, faces)
    assert (ours.misses(other), other.misses(ours)) == (misses, misses)


def opened(tmp_path: Path, *directions: tuple[str, str]) -> None:
    for source, destination in directions:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        Ledger.open(url, source=source, destination=destination, settings="Look at A_URL and B_URL").close()


@pytest.mark.parametrize("first", [THERE, BACK])
@pytest.mark.parametrize(
    ("shop", "team"),
    [
        (OTHER, TEAM),
        (SHOP, TEAM_2),
        (SHOP, "https://localhost/api t1"),
        (OTHER, TEAM_2),
        ("https://127.0.0.1/api/v1", "https://localhost/api t1"),
    ],
)
def test_a_direction_that_misses_the_other_stops(tmp_path: Path, first: tuple[str, str], shop: str, team: str) -> None:
    second = (team, shop) if first == THERE else (shop, team)
    with pytest.raises(FatalRunError, match=r"do not face each other.*Look at A_URL and B_URL"):
        opened(tmp_path, first, second)
    opened(tmp_path, first, first[::-1])


@pytest.mark.parametrize(
    "directions",
    [
        [THERE, BACK, (OTHER, TEAM), (TEAM, OTHER)],
        [THERE, (OTHER, TEAM), BACK, (TEAM, OTHER)],
        [THERE, BACK, (SHOP, TEAM_2), (TEAM_2, SHOP)],
        [THERE, (SHOP, TEAM_2), (TEAM_2, SHOP), BACK],
        [THERE, (OTHER, TEAM_2), BACK, (TEAM_2, OTHER)],
        [("default", TEAM), BACK],
    ],
)
def test_several_shops_and_teams_may_share_a_ledger(tmp_path: Path, directions: list[tuple[str, str]]) -> None:
    opened(tmp_path, *directions)
    opened(tmp_path, *directions)


def test_spellings_of_one_address_do_not_keep_them_apart(tmp_path: Path) -> None:
    opened(tmp_path, THERE, ("https://CRM:443/api/ t1", "https://shop:443/api/v1/"))
