"""Orders that a shop tells of by signed webhooks, and how soon each of them became a box."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, inf
from typing import TYPE_CHECKING, Any

import httpx
from crm import Crm
from live_site import SECRETS
from shop import ADDRESS, customer, order
from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from live_site import LiveSite
    from sandbox.testing import Sandbox

SENDERS = 16
FIRST = 500_000
SIGNER = Webhook(SECRETS["SYNC_CONSOLE_CLARITY_SECRETS"])


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds that each change took to the other side, in rising order; endless for one that never came."""

    seconds: Sequence[float]

    def percentile(self, percent: int) -> float:
        """Return what so many percent of them took at most."""
        return self.seconds[ceil(len(self.seconds) * percent / 100) - 1]


class Shop:
    """Places orders and posts a webhook for each, on time whatever becomes of those before."""

    def __init__(self, site: LiveSite, first: int = FIRST) -> None:
        self._sandbox = site.sandbox
        self._url = f"{site.settings['SYNC_CONSOLE_PUBLIC_URL']}/hooks/clarity/shop"
        self._client = httpx.Client(timeout=20)
        self._first = first
        self._posted: dict[str, float] = {}

    def sell(self, orders: int, pause: float, orders_of_each: int = 1) -> Latencies:
        """Place an order every `pause` seconds, so many of each customer; how soon each was a box."""
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            placed = []
            for number in range(orders):
                time.sleep(max(0.0, began + number * pause - time.monotonic()))
                buyer = number - number % orders_of_each
                placed.append(senders.submit(self._place, self._first + number, self._first + buyer))
        for one in placed:
            one.result()
        return self._latencies()

    @property
    def orders(self) -> list[str]:
        """The orders that were placed."""
        return sorted(self._posted)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _place(self, number: int, buyer: int) -> None:
        self._sandbox.load(bought(number, buyer, datetime.now(UTC)), events=False)
        body, headers = told(str(number))
        self._posted[str(number)] = time.time()
        self._client.post(self._url, content=body, headers=headers).raise_for_status()

    def _latencies(self, patience: float = 30) -> Latencies:
        until = time.monotonic() + patience
        while self._posted.keys() - (made := boxes_made(self._sandbox)).keys() and time.monotonic() < until:
            time.sleep(0.5)
        return Latencies(sorted(made.get(one, inf) - at for one, at in self._posted.items()))


def told(order_id: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a webhook about a new order."""
    now = datetime.now(UTC)
    body = json.dumps({"type": "order.created", "timestamp": now.isoformat(), "data": {"orderId": order_id}})
    message_id = f"msg_{order_id}"
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": SIGNER.sign(message_id, now, body),
    }
    return body.encode(), headers


def bought(number: int, buyer: int, at: datetime) -> list[dict[str, Any]]:
    """Return an order, and its customer of a company that is nobody else's."""
    instant = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name, domain = f"Company {buyer} Ltd", f"company-{buyer}.example"
    person = {"email": f"buyer@{domain}", "customerId": f"C-{buyer}", "updatedAt": instant}
    company = {"companyId": f"CO-{buyer}", "name": name, "domain": domain, "industry": None}
    address = ADDRESS | {"company": name, "name": f"Buyer {buyer}"}
    return [
        customer(**person, company=company, firstName="Buyer", lastName=str(buyer), addresses=[]),
        order(number, **person, orderDate=instant, billingAddress=address, shippingAddress=address),
    ]


def boxes_made(sandbox: Sandbox) -> dict[str, float]:
    """Return when Streak made the box of each order, in epoch seconds."""
    snapshot = sandbox.snapshot()
    made = {box["key"]: box["creationTimestamp"] / 1000 for box in snapshot["streak"]["boxes"]}
    return {box["fields"].get("Order ID", ""): made[box["key"]] for box in Crm(snapshot).boxes}
