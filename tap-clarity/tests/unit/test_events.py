"""Which records a shop's events are about."""

from __future__ import annotations

import pytest
from tap_clarity.tap import TapClarity

TAP = TapClarity(config={"api_url": "https://shop.example.com", "api_key": "k"})
EVENTS = TAP.event_records(TAP)


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        ("order.created", "orders"),
        ("order.status_changed", "orders"),
        ("customer.updated", "customers"),
        ("payment", "payments"),
        ("orders.created", None),
        ("wish.made", None),
        ("", None),
    ],
)
def test_the_noun_in_front_of_the_point_names_the_stream(kind: str, stream: str | None) -> None:
    assert EVENTS.stream_of(kind) == stream


@pytest.mark.parametrize(
    ("text", "fits"), [("o-1", True), ("ä b", True), ("", False), ("a,b", False), ("a\n", False), ("x" * 129, False)]
)
def test_an_id_can_be_one_of_several_in_a_query(text: str, fits: bool) -> None:  # noqa: FBT001
    assert EVENTS.is_id(text) is fits
