"""A busy day of the demo shop within a minute: customers order, a clerk works through the orders, reps move deals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import requests
from sandbox.demo.shop import demo_records
from shop import STAGES, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm import Crm
    from sandbox.testing import Sandbox

CLERK = {"pending": "confirmed", "on_hold": "confirmed", "confirmed": "shipped", "shipped": "completed"}
REP = {"pending": ("confirmed", "on_hold"), "confirmed": ("shipped",), "on_hold": ("confirmed",), "shipped": ()}
UNKNOWN_STATUS = "awaiting_pickup"
FIRST_NUMBER = 200_001
# who, seconds between two of their deeds, and when the first is due as a share of the day
PACE = (("customer", 1.5, 0.0), ("clerk", 3.5, 0.25), ("rep", 3.0, 0.35))
SEED = 8

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did on one side at an instant, and what the other side must show: a stage or a status."""

    kind: str
    order: str
    wanted: str
    at: float
    who: str


@dataclass
class Day:
    """What people do; nobody touches an order before the last change of it has arrived on the other side."""

    sandbox: Sandbox
    seconds: float
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - a demo needs no cryptography
    agenda: list[tuple[float, str]] = field(init=False)
    _wares: Iterator[Record] = field(init=False)
    _customers: dict[str, Record] = field(init=False)
    _placed: int = 0

    def __post_init__(self) -> None:
        records = list(demo_records())
        self._customers = {record["customerId"]: record for kind, record in records if kind == "customers"}
        self._wares = self._without_end([one for kind, one in records if kind == "orders" and not one["isTest"]])
        self.agenda = sorted(deed for pace in PACE for deed in self._deeds(*pace))

    def go_on(self, elapsed: float, known: list[Record], crm: Crm, busy: set[str]) -> list[Change]:
        """Do what is due: `known` are the shop's orders, `busy` those that nobody may touch now."""
        done = []
        for deed in [deed for deed in self.agenda if deed[0] <= elapsed]:
            free = [one for one in known if one["orderId"] not in busy]
            change = self._do(deed[1], free, crm)
            if change:
                self.agenda.remove(deed)
                busy.add(change.order)
                done.append(change)
        return done

    def _deeds(self, who: str, pause: float, begins: float) -> Iterator[tuple[float, str]]:
        first = begins * self.seconds
        for number in range(max(2, round((self.seconds - first) / pause))):
            yield min(first + (number + self.chance.random()) * pause, self.seconds), who

    def _do(self, who: str, free: list[Record], crm: Crm) -> Change | None:
        if who == "customer":
            return self._order()
        moves = CLERK if who == "clerk" else REP
        ready = [one for one in free if moves.get(one["status"])]
        if not ready:
            return None
        order = self.chance.choice(ready)
        return self._ship(order) if who == "clerk" else self._move(order, crm)

    def _order(self) -> Change:
        order = next(self._wares)
        customer = self._customers.pop(order["customerId"] or "", None)
        at = time.time()
        self.sandbox.load([*([row("customers", customer)] if customer else []), row("orders", order | _times(at))])
        who = order["billingAddress"]["company"] or order["billingAddress"]["name"] or "somebody"
        return Change("order", order["orderId"], STAGES.get(order["status"], ""), at, who.strip())

    def _ship(self, order: Record) -> Change:
        status = CLERK[order["status"]]
        tracking = {"trackingNumber": f"TRK{order['orderId']}"} if status == "shipped" else {}
        at = time.time()
        changed = {"status": status, "version": order["version"] + 1, "updatedAt": _times(at)["updatedAt"]}
        self.sandbox.load([row("orders", order | tracking | changed)])
        return Change("status", order["orderId"], STAGES[status], at, "shop")

    def _move(self, order: Record, crm: Crm) -> Change:
        box = crm.box(order["orderId"])
        status = self.chance.choice(REP[order["status"]])
        url, auth = f"{self.sandbox.streak_url}/v1/boxes/{box['key']}", (self.sandbox.streak_key, "")
        body = {"stageKey": crm.stage_key(box["pipeline"], STAGES[status])}
        answer = requests.post(url, json=body, auth=auth, timeout=10)
        answer.raise_for_status()
        return Change("stage", order["orderId"], status, answer.json()["lastStageChangeTimestamp"] / 1000, "rep")

    def _without_end(self, sold: list[Record]) -> Iterator[Record]:
        """Orders like those of the demo shop; the third has a status that the mapping does not know."""
        self.chance.shuffle(sold)
        while True:
            for like in sold:
                self._placed += 1
                number = FIRST_NUMBER + self._placed - 1
                yield like | {
                    "orderId": str(number),
                    "orderNumber": f"SO-{number}",
                    "status": UNKNOWN_STATUS if self._placed == 3 else "pending",
                    "version": 1,
                    "trackingNumber": None,
                    "paymentInfo": None,
                }


def _times(at: float) -> dict[str, str]:
    instant = f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds')[:-6]}Z"
    return {"orderDate": instant, "updatedAt": instant}
