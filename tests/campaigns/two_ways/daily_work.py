"""What people do in a world, on both sides, and what goes wrong around them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from diary import NEVER, Diary
from people import NAMES, Shop, Team
from requests import Session
from shop import STAGES
from tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from diary import Side
    from sandbox.testing import Sandbox

REPS = ("maya", "tom", "lena")
DECIDED_BY_PEOPLE = ("In Fulfillment", "On Hold", "Shipped", "Won", "Lost")
RENAMED = ("On Hold", "Parked")
MOST_ORDERS = 6


class DailyWork:
    """The people of a world; every choice comes from its seed."""

    def __init__(self, seed: int, sandbox: Sandbox) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self.sandbox = sandbox
        self.session = Session()
        self.session.trust_env = False  # everything is on this machine
        self.shop, self.team = Shop(sandbox, self.session), Team(sandbox, self.session)
        self.diary, self.tally = Diary(), Tally(worlds=1)
        self.deleted: set[str] = set()
        self.cleared: set[str] = set()
        self.renamed: set[str] = set()
        self.unjudged: set[str] = set()
        self.unwritable: set[str] = set()
        self.log: list[str] = []
        self._serial = 0

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen next, and how likely."""
        return [
            (self.staff_sets_status, 5),
            (self.staff_edits_order, 3),
            (self.customer_edits, 3),
            (self.rep_moves_box, 5),
            (self.rep_edits_box, 3),
            (self.rep_edits_contact, 3),
            (self.somebody_orders, int(len(self.shop.orders) < MOST_ORDERS)),
            (self.box_is_deleted, int(not self.deleted)),
            (self.box_changes_pipeline, int(not self.renamed)),
            (self.stage_is_renamed, int(not self.renamed)),
        ]

    def look(self) -> None:
        """Everybody sees what there is."""
        self.shop.look()
        self.team.look()

    def say(self, what: str) -> None:
        """Write it down for who replays the world."""
        self.log.append(what)

    def breaks(self, promise: str) -> None:
        """A promise is broken."""
        self.tally.broken.append(promise)
        self.say(f"BROKEN: {promise}")

    # in the shop

    def staff_sets_status(self) -> None:
        """An order moves on, is cancelled or refunded."""
        if name := self.any_of(self.shop.orders):
            self.set_status(name)

    def set_status(self, name: str, *, visibly: bool = False) -> str | None:
        """Set another status, `visibly` one of another stage; None when the shop refuses."""
        now = self.shop.orders[name]["status"]
        others = [one for one in STAGES if (STAGES[one] != STAGES[now] if visibly else one != now)]
        status = self.chance.choice(others)
        if not self.shop.patch("orders", name, status=status):
            return None
        self.notes("shop", name, "status", status)
        return status

    def staff_edits_order(self) -> None:
        """The parcel, the note or the rep of an order changes."""
        if (name := self.any_of(self.shop.orders)) is None:
            return
        what = self.chance.choice(("customerNote", "salesRepEmail", "trackingNumber"))
        rep = f"{self.chance.choice(REPS)}@sandbox-sales.example"
        value = rep if what == "salesRepEmail" else self._text("1Z")
        if value != self.shop.orders[name].get(what) and self.shop.patch("orders", name, **{what: value}):
            self.notes("shop", name, what, value)

    def customer_edits(self) -> None:
        """A customer corrects a name, title or number."""
        if (name := self.any_of(self.shop.customers)) is None:
            return
        what = self.chance.choice((*NAMES, "phone"))
        value = self._number() if what == "phone" else self._text("Ann")
        self.shop.patch("customers", name, **{what: value})
        self.notes("shop", name, what, value)

    def somebody_orders(self) -> None:
        """An order more."""
        self.does(f"order {self.shop.is_ordered(self.chance.randrange(3))}")

    # in the CRM

    def rep_moves_box(self) -> None:
        """A rep moves a box to another stage."""
        if name := self.box():
            self.move(name)

    def move(self, name: str, *others: str) -> str:
        """Move it to another stage than it is in, and than these; one that was renamed means nothing to the shop."""
        box = self.team.boxes[name]
        known = {self.team.stage(box), *others, *({RENAMED[0]} if box["pipelineKey"] in self.renamed else ())}
        stage = self.chance.choice([one for one in DECIDED_BY_PEOPLE if one not in known])
        self.team.edit(box, stage=stage)
        self.notes("crm", name, "status", stage)
        return stage

    def rep_edits_box(self) -> None:
        """A rep clears what the shop filled in, writes down where the parcel is, or names the deal anew."""
        if (name := self.box()) is None:
            return
        box, what = self.team.boxes[name], self.chance.choice(("clear", "trackingNumber", "name"))
        if what == "clear":
            self.team.edit(box, fields={"PO Number": ""})
            self.cleared.add(name)
            self.does(f"rep clears the PO number of {name}")
        elif what == "trackingNumber":
            value = self._text("DHL")
            self.team.edit(box, fields={"Tracking Number": value})
            self.notes("crm", name, what, value)
        else:
            self.team.edit(box, name=self._text("Deal"))
            self.does(f"rep names {name}")

    def rep_edits_contact(self) -> None:
        """A rep corrects a name, title or number."""
        known = [name for name, one in self.shop.customers.items() if one["email"] in self.team.contacts]
        if (name := self.any_of(known)) is None:
            return
        what = self.chance.choice((*NAMES, "phone"))
        value = self._number() if what == "phone" else self._text("Eve")
        there = {"phoneNumbers": [value]} if what == "phone" else {NAMES[what]: value}
        self.team.edit_contact(self.shop.customers[name]["email"], **there)
        self.notes("crm", name, what, value)

    def box_is_deleted(self) -> None:
        """A rep deletes a box."""
        if name := self.box():
            self.team.delete(self.team.boxes[name])
            self.deleted.add(name)
            self.does(f"box of {name} is deleted")

    def box_changes_pipeline(self) -> None:
        """A rep moves a box to the other pipeline; it keeps the stage of the same name."""
        if name := self.box():
            self.team.move(self.team.boxes[name])
            self.does(f"box of {name} goes to the other pipeline")

    def stage_is_renamed(self) -> None:
        """Somebody calls a stage something else; what a rep put there was read before, as the mapping goes by names."""
        if any(edit.value == RENAMED[0] and edit.carried == NEVER for edit in self.diary.edits):
            return
        place = self.chance.choice(list(self.team.pipelines))
        self.team.rename(place, *RENAMED)
        self.renamed.add(place)
        self.does(f"{RENAMED[0]} is called {RENAMED[1]} in {self.team.pipelines[place]['name']}")

    # small things

    def notes(self, side: Side, thing: str, name: str, value: Any) -> None:
        """Keep an edit of something that both sides know."""
        self.diary.note(side, thing, name, value)
        self.does(f"{self.diary.now}: {side} sets {name} of {thing} to {value}")

    def does(self, what: str) -> None:
        """Count what a person did."""
        self.tally.edits += 1
        self.say(what)

    def box(self) -> str | None:
        """Any box of an order."""
        return self.any_of(sorted(name for name in self.team.boxes if name in self.shop.orders))

    def any_of(self, names: Iterable[str]) -> str | None:
        """Any order or customer that may be edited now."""
        free = [name for name in names if self.may_edit(name)]
        return self.chance.choice(free) if free else None

    def may_edit(self, _name: str) -> bool:
        """Whether an order or a customer may be edited now."""
        return True

    def _text(self, word: str) -> str:
        self._serial += 1
        return f"{word} {self._serial}"

    def _number(self) -> str:
        self._serial += 1
        return f"+1 512 555 {2000 + self._serial}"
