"""Shop and CRM post to the receiver, and a reader of the feed learns of every change."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
from clarity_api.profile import load_profile
from clarity_api.webhooks import WebhookProfile
from running_receiver import NEW_SECRET, NEW_TOKEN, OLD_SECRET
from sync_console.webhooks.accounts import clarity_client, streak_client
from sync_console.webhooks.plan import carry_out, plan
from sync_console.webhooks.vendors import ClarityWebhooks, StreakWebhooks

if TYPE_CHECKING:
    from running_receiver import Receiver
    from sandbox.testing import Sandbox
    from sync_console.webhooks.plan import Vendor


def subscribe(sandbox: Sandbox, receiver: Receiver) -> None:
    accounts = {
        "clarity": {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key, "requests_per_second": 1000},
        "streak": {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "requests_per_second": 1000},
    }
    url = receiver.hooks
    clarity, streak = clarity_client(accounts["clarity"]), streak_client(accounts["streak"])
    vendors: list[Vendor] = [
        ClarityWebhooks(
            client=clarity,
            public_url=url,
            streams={"orders", "payments"},
            name="shop",
            secret=NEW_SECRET,
            profile=WebhookProfile(load_profile({})),
        ),
        StreakWebhooks(
            client=streak, public_url=url, streams={"boxes"}, token=NEW_TOKEN, team_name=None, pipeline_names=[]
        ),
    ]
    for vendor in vendors:
        assert list(carry_out(vendor, plan(vendor)))


def change_order(sandbox: Sandbox, order: str, **change: Any) -> None:
    key = {"X-API-Key": sandbox.clarity_key}
    requests.patch(f"{sandbox.clarity_url}/orders/{order}", json=change, headers=key, timeout=10).raise_for_status()


def make_box(sandbox: Sandbox, name: str) -> str:
    pipeline = sandbox.snapshot()["streak"]["pipelines"][0]["key"]
    url = f"{sandbox.streak_url}/v2/pipelines/{pipeline}/boxes"
    answer = requests.post(url, json={"name": name}, auth=(sandbox.streak_key, ""), timeout=10)
    key: str = answer.json()["key"]
    return key


def until_told(receiver: Receiver, source: str, expected: set[tuple[str, str]]) -> Counter[tuple[str, str]]:
    deadline = time.monotonic() + 60
    while not expected <= (told := Counter(receiver.told(source))).keys():
        assert time.monotonic() < deadline, expected - told.keys()
        time.sleep(0.05)
    return told


def test_what_happens_at_the_vendors_is_in_the_feed_once(sandbox: Sandbox, own_receiver: Receiver) -> None:
    subscribe(sandbox, own_receiver)
    sandbox.hooks(duplicate=0.5, reorder=5, also_sign_with=OLD_SECRET)
    orders = [str(number) for number in range(1, 21)]
    sandbox.load(
        {"system": "clarity", "type": "orders", "record": {"orderId": order, "version": 1}} for order in orders
    )
    change_order(sandbox, "7", status="shipped")
    box = make_box(sandbox, "Acme")
    told = until_told(
        own_receiver,
        "clarity",
        {("order.created", order) for order in orders} | {("order.status_changed", "7"), ("order.updated", "7")},
    )
    assert set(told.values()) == {1}
    assert set(until_told(own_receiver, "streak", {("BOX_CREATE", box)}).values()) == {1}


def test_what_happens_while_the_receiver_is_away_is_told_later(sandbox: Sandbox, own_receiver: Receiver) -> None:
    subscribe(sandbox, own_receiver)
    own_receiver.settings["hooks_port"] = own_receiver.hooks.rpartition(":")[2]
    own_receiver.stop()
    sandbox.load([{"system": "clarity", "type": "orders", "record": {"orderId": "1", "version": 1}}])
    box = make_box(sandbox, "Acme")
    while sandbox.hooks()["sent"] < 2:
        time.sleep(0.05)
    own_receiver.start()
    sandbox.clock(advance=60)
    until_told(own_receiver, "clarity", {("order.created", "1")})
    until_told(own_receiver, "streak", {("BOX_CREATE", box)})
