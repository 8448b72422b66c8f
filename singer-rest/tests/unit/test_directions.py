"""Which two scopes of a ledger are two directions between the same systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger
from singer_rest.ledger.directions import Direction

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("other", "faces", "nearly"),
    [
        (Direction("https://crm/api team", "https://shop/v1"), True, True),
        (Direction("https://crm/api", "https://shop/v1"), True, True),
        (Direction("default", "https://shop/v1"), True, True),
        (Direction("https://crm:443/api", "https://shop/v1"), False, True),
        (Direction("https://else/v9", "https://shop/v1"), False, False),
    ],
)
def test_directions_face_each_other(other: Direction, *, faces: bool, nearly: bool) -> None:
    ours = Direction("https://shop/v1", "https://crm/api team")
    assert ours.faces(other) is faces
    if not faces:
        assert ours.nearly_faces(other) is nearly


def test_addresses_that_are_spelled_in_two_ways_are_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger.open(url, source="https://shop/v1", destination="https://crm/api").close()
    with pytest.raises(FatalRunError, match="Spell each address alike"):
        Ledger.open(url, source="https://crm/api", destination="https://shop:443/v1")
