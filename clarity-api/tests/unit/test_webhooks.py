"""Webhooks in a shop's words: what makes one, what is listed, what a delivery is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from clarity_api.profile import load_profile
from clarity_api.webhooks import WebhookProfile
from singer_rest import FatalRunError

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT, PAGE_INDEX = (WebhookProfile(load_profile({"site_profile": name})) for name in ("contract-v1", "page-index"))


def test_what_makes_one() -> None:
    events = ["order.created", "order.updated"]
    body = CONTRACT.body("https://x", CONTRACT.names_of(events), "whsec_a")
    assert list(body.items()) == [("url", "https://x"), ("events", events), ("secret", "whsec_a")]
    assert PAGE_INDEX.body("https://x", PAGE_INDEX.names_of(events), "s") == {
        "targetUrl": "https://x",
        "topics": ["OrderCreated"],
        "signingSecret": "s",
    }


def test_what_is_listed() -> None:
    assert PAGE_INDEX.listed(
        {"results": [{"id": 7, "targetUrl": "u", "topics": ["OrderCreated"], "active": True}]}
    ) == [{"id": "7", "url": "u", "events": ["OrderCreated"], "active": True}]
    assert CONTRACT.listed({"rows": []}) is None
    assert CONTRACT.listed([]) is None


@pytest.mark.parametrize(
    ("profile", "delivery", "event"),
    [
        (CONTRACT, {"type": "order.created", "data": {"orderId": "1"}}, ("order.created", "1")),
        (CONTRACT, {"type": "product.updated", "data": {"productId": "P"}}, ("product.updated", "P")),
        (CONTRACT, {"type": "order.created", "data": 7}, ("order.created", None)),
        (CONTRACT, {"type": "Order Created"}, None),
        (CONTRACT, {"data": {}}, None),
        (PAGE_INDEX, {"topic": "OrderStatusChanged", "entity": {"id": 5}}, ("order.status_changed", 5)),
        (PAGE_INDEX, {"topic": "SomethingElse", "entity": {"id": 5}}, ("SomethingElse", None)),
    ],
)
def test_what_a_delivery_is_about(profile: WebhookProfile, delivery: dict[str, Any], event: Any) -> None:
    assert profile.event(delivery) == event


def test_a_shop_without(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_text("profile: 1\nextends: contract-v1\nwebhooks: null\n")
    with pytest.raises(FatalRunError, match=r"has no webhooks: site_profile \S+shop.yml:3"):
        WebhookProfile(load_profile({"site_profile": str(path)}))
