"""Lives told side by side: every story sets its scene, both pipelines run, every story looks and acts, and so on."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from crm import Crm
from hands import SalesPeople, ShopPeople

if TYPE_CHECKING:
    from pathlib import Path

    from running import Meltano

THERE = ("run", "tap-clarity", "mapper", "target-streak")
TOLD = re.compile(r"^\S+ \[(?P<told>\w+ *\] (tap|mapper|target)-.*)")
BACK = ("run", "tap-streak", "mapper", "target-clarity")


@dataclass(frozen=True)
class World:
    """A shop and a CRM, the people in both, and the project that keeps them in step."""

    meltano: Meltano
    shop: ShopPeople
    sales: SalesPeople

    @classmethod
    def of(cls, meltano: Meltano) -> World:
        """Put people into a sandbox."""
        return cls(meltano, ShopPeople(meltano.sandbox), SalesPeople(meltano.sandbox))

    def round(self) -> Round:
        """Let both pipelines run, and look."""
        sandbox = self.meltano.sandbox
        sandbox.clear_requests()
        log = "".join(self.meltano(*way).log for way in (THERE, BACK))
        asked = [f"{call['method']} {call['path']}" for call in sandbox.requests() if call["method"] != "GET"]
        writes = [call for call in asked if "/batch" not in call]  # those only read
        return Round(log, writes, sandbox.snapshot(), _letters(self.meltano.folder / "ledger.db"))


@dataclass(frozen=True)
class Round:
    """What both sides hold after a run of both pipelines, and what the runs said."""

    log: str
    writes: list[str]
    snapshot: dict[str, Any]
    aside: list[tuple[str, str, str]]
    crm: Crm = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "crm", Crm(self.snapshot))

    def order(self, number: int) -> tuple[str, int]:
        """The status of an order in the shop, and how often anybody wrote it."""
        (order,) = self.orders(number)
        return order["status"], order["version"]

    def orders(self, number: int) -> list[dict[str, Any]]:
        """The order in the shop, or nothing."""
        return [order for order in self.snapshot["clarity"]["orders"] if order["orderId"] == str(number)]

    def customers(self, key: str) -> list[dict[str, Any]]:
        """The shop's customers of that id or e-mail address."""
        everybody = self.snapshot["clarity"]["customers"]
        return [one for one in everybody if key in {one["customerId"], one["email"].lower()}]

    def box(self, number: int) -> dict[str, Any]:
        """The one box of an order."""
        (box,) = self.boxes(number)
        return box

    def boxes(self, number: int) -> list[dict[str, Any]]:
        """The boxes that carry an order's id."""
        return [box for box in self.crm.boxes if box["fields"].get("Order ID") == str(number)]

    def reasons(self, stream: str, key: object = "") -> list[str]:
        """Why records whose id holds the key are set aside."""
        return [reason for of, external_id, reason in self.aside if of == stream and str(key) in external_id]

    def said(self, *words: str) -> list[str]:
        """What plugins wrote to the log in lines that hold all of these words, without when and where."""
        told = [found["told"] for line in self.log.splitlines() if (found := TOLD.search(line))]
        return [line for line in told if all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line) for word in words)]


def _letters(ledger: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(ledger)) as database:
        return database.execute("select stream, external_id, reason from dead_letters where status = 'open'").fetchall()


Story = Callable[[World], Generator[None, Round, None]]
Test = Callable[["Lives"], None]


def life(story: Story) -> Test:
    """Make a test of a story: it acts and yields; what it gets is the world after the next run of both pipelines."""

    @pytest.mark.timeout(1800)  # the first one waits for all rounds
    def test(lives: Lives) -> None:
        lives.end_of(story)

    test.__name__, test.__module__ = story.__name__, story.__module__
    test.story = story  # type: ignore[attr-defined]
    return test


class Lives:
    """Tells all stories, round by round, and keeps how each ended."""

    def __init__(self, world: World, stories: list[Story]) -> None:
        self._failed: dict[Story, Exception] = {}
        going = {story: story(world) for story in stories}
        now: Any = None  # what starts a generator
        while going := {story: told for story, told in going.items() if self._goes_on(story, told, now)}:
            now = world.round()
        world.round()  # what an edit that came back still changes: the name of a person in the boxes, say
        self.after = world.round()

    def end_of(self, story: Story) -> None:
        """Raise what went wrong in a story."""
        if story in self._failed:
            raise self._failed[story]

    def _goes_on(self, story: Story, told: Generator[None, Round, None], now: Round) -> bool:
        try:
            told.send(now)
        except StopIteration:
            return False
        except Exception as problem:  # noqa: BLE001  # it is raised in the story's own test
            self._failed[story] = problem
            return False
        return True
