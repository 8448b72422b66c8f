"""Stages that a rep moves in Streak, and how soon the shop heard of each."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

import requests
from crm import Crm
from live_orders import Latencies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.testing import Sandbox

PIPELINE, STAGE, STATUS = "Web Orders", "On Hold", "on_hold"


class Rep:
    """Puts deals on hold, one after the other."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stage = Crm(sandbox.snapshot()).stage_key(PIPELINE, STAGE)
        self._moved: dict[str, float] = {}

    def hold(self, orders: Iterable[str], pause: float) -> Latencies:
        """Move the boxes of these orders; how soon the shop had the status."""
        boxes = {box["fields"].get("Order ID"): box["key"] for box in Crm(self._sandbox.snapshot()).boxes}
        for order in orders:
            self._move(boxes[order])
            self._moved[order] = time.time()
            time.sleep(pause)
        return self._latencies()

    def _move(self, key: str) -> None:
        url, login = f"{self._sandbox.streak_url}/v1/boxes/{key}", (self._sandbox.streak_key, "")
        requests.post(url, json={"stageKey": self._stage}, auth=login, timeout=30).raise_for_status()

    def _latencies(self, patience: float = 30) -> Latencies:
        until = time.monotonic() + patience
        while len(heard := self._heard()) < len(self._moved) and time.monotonic() < until:
            time.sleep(0.5)
        return Latencies(sorted(heard.get(order, inf) - at for order, at in self._moved.items()))

    def _heard(self) -> dict[str, float]:
        """When the shop took the first change of each order that is on hold now."""
        held = {one["orderId"] for one in self._sandbox.snapshot()["clarity"]["orders"] if one["status"] == STATUS}
        found: dict[str, float] = {}
        for asked in self._sandbox.requests("clarity"):
            order = asked["path"].rpartition("/")[2]
            if asked["method"] == "PATCH" and asked["status"] == 200 and order in held & self._moved.keys():
                found.setdefault(order, float(asked["time"]) + float(asked["ms"]) / 1000)
        return found
