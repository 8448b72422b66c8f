"""What the reverse direction did to the records of our source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_sinks import ledger_pair
from singer_rest.ledger import Content

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reverse_direction_is_seen_by_the_vendors_key(tmp_path: Path) -> None:
    ours, reverse = ledger_pair(tmp_path)
    reverse.links.written("orders", "b1", vendor_key="1", flow="f", content=Content("h", {"a": "1"}), result="created")
    assert [content.values for content in ours.reverse.contents("orders", "1")] == [{"a": "1"}]
    assert ours.reverse.contents("orders", "2") == []
    reverse.intents.open("orders", "b1", {"said": {}})
    assert [intent.external_id for intent in ours.reverse.in_doubt("orders", "1")] == ["b1"]
    with reverse.lease("orders", "b1"):
        assert ours.reverse.under_way("orders") == {("orders", "b1")}
    assert ours.links.get("orders", "b1") is None
