"""A busy day of people on both sides, in real time: what they do, and when the other side has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from daily_work import DailyWork
from diary import NEVER
from promises import found
from shop import payment

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import Sandbox

ORDERS, CUSTOMERS = 12, 8
REST_SECONDS = 20.0  # a record that is written more than five times a minute is taken for a loop
ARRIVED_SECONDS = 15.0  # so long a killed run may not yet have noted what it wrote
PAUSE_SECONDS = 1.0
SELDOM = 0.3


class BusyDay(DailyWork):
    """Everybody edits what has rested for a while; every choice comes from the seed, the moments do not."""

    def __init__(self, seed: int, sandbox: Sandbox) -> None:
        super().__init__(seed, sandbox)
        self.shop.open(ORDERS, CUSTOMERS)
        self.known = set(self.shop.orders)
        self.payments: dict[str, list[str]] = {}
        self.words: list[tuple[str, str]] = []
        self.done: list[tuple[str, str]] = []
        self._edited: dict[str, float] = {}
        self._seen: dict[int, float] = {}
        self._next = 0.0

    def work(self) -> None:
        """Let somebody do something when it is time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self.chance.expovariate(1 / PAUSE_SECONDS)
        self.look()
        self._see_what_arrived()
        likely = self.happenings()
        self.chance.choices([what for what, _ in likely], [weight for _, weight in likely])[0]()

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What people do in any world; here nobody renames stages, and there are payments, tasks and comments."""
        usual = [
            (what, weight)
            for what, weight in super().happenings()
            if what not in {self.stage_is_renamed, self.somebody_orders, self.box_is_deleted}
        ]
        return [
            *usual,
            (self.somebody_orders, 3),
            (self.box_is_deleted, int(self.chance.random() < SELDOM)),
            (self.customer_pays, 3),
            (self.rep_writes_to_the_shop, 2),
            (self.rep_finishes_task, 2),
        ]

    def may_edit(self, name: str) -> bool:
        """What was not edited for a while, and is not new."""
        return time.monotonic() - self._edited.get(name, 0.0) > REST_SECONDS

    def notes(self, side: Any, thing: str, name: str, value: Any) -> None:
        """Let what was edited rest."""
        super().notes(side, thing, name, value)
        self._edited[thing] = time.monotonic()

    def somebody_orders(self) -> None:
        """An order more, by any customer or a guest."""
        name = self.shop.is_ordered(self.chance.randrange(CUSTOMERS + 3))
        self._edited[name] = time.monotonic()
        self.does(f"order {name}")

    def customer_pays(self) -> None:
        """A payment is captured, or given back."""
        name = self.chance.choice(list(self.shop.orders))
        told = self.payments.setdefault(name, [])
        if len(told) < 2 and name not in self.deleted and self._rests(f"payment {name}"):
            told.append("refunded" if told else "captured")
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            about = {"paymentId": f"PAY-{name}", "orderId": name, "status": told[-1], "createdAt": now}
            self.sandbox.load([payment(**about, updatedAt=now)])
            self.does(f"payment of {name} is {told[-1]}")

    def rep_writes_to_the_shop(self) -> None:
        """A comment that is meant for the shop."""
        if name := self.box():
            self.words.append((name, self._text("please hurry")))
            self.team.comment(self.team.boxes[name], f"#shop {self.words[-1][1]}")
            self.does(f"rep writes {self.words[-1][1]} on {name}")

    def rep_finishes_task(self) -> None:
        """A follow-up was made."""
        boxes = {box["key"]: name for name, box in self.team.boxes.items()}
        open_ones = [task for task in self.team.tasks if task["status"] != "DONE" and task["boxKey"] in boxes]
        if open_ones:
            task = self.chance.choice(open_ones)
            self.done.append((boxes[task["boxKey"]], task["key"]))
            self.team.finish(task)
            self.does(f"rep finishes the follow-up of {self.done[-1][0]}")

    def _rests(self, thing: str) -> bool:
        rested = self.may_edit(thing)
        if rested:
            self._edited[thing] = time.monotonic()
        return rested

    def _see_what_arrived(self) -> None:
        now = time.monotonic()
        for edit in self.diary.edits:
            if edit.carried != NEVER:
                continue
            if edit.value in found(self, edit):
                self._seen.setdefault(edit.made, now)
            if now - self._seen.get(edit.made, now) > ARRIVED_SECONDS:
                self.diary.arrived(edit)
