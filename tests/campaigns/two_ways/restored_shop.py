"""Worlds in which the shop comes back from a copy: versions go back while instants go forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from people import NAMES
from shop import row
from two_way_world import World

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = {"orders": ("status", "customerNote", "salesRepEmail", "trackingNumber"), "customers": (*NAMES, "phone")}
IDS = {"orders": "orderId", "customers": "customerId"}
LATER = timedelta(seconds=15)
"""So much later than its last change a shop comes back; within ten seconds an older version only came late."""


class RestoredShopWorld(World):
    """The shop is copied every night, and one day it is what it was then."""

    kind = "backups"

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and copies of the shop that are made and put back."""
        return [*super().happenings(), (self.shop_is_copied, 2), (self.shop_is_restored, 3)]

    def opens(self) -> None:
        """A shop with some orders and its first copy, in which nothing is blank: no blank takes a value away."""
        super().opens()
        self.look()
        for name in self.shop.orders:
            self._sets("orders", name, "trackingNumber", "1Z 0")
        for name in self.shop.customers:
            self._sets("customers", name, "title", "Buyer")
        self.shop_is_copied()

    def _sets(self, kind: str, name: str, what: str, value: str) -> None:
        self.shop.patch(kind, name, **{what: value})
        self.notes("shop", name, what, value)

    def shop_is_copied(self) -> None:
        """The nightly copy of the shop."""
        store = self.sandbox.snapshot()["clarity"]
        self._copy: dict[str, list[dict[str, Any]]] = {kind: list(store[kind]) for kind in SHARED}
        self.say("the shop is copied")

    def shop_is_restored(self) -> None:
        """Every record is what it was, with the version it had, and comes with the moment at which it came back."""
        self.shop.ahead += LATER
        now = (datetime.now(UTC) + self.shop.ahead).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.say("the shop comes back from its copy")
        for kind, copied in self._copy.items():
            current = self.shop.orders if kind == "orders" else self.shop.customers
            self.sandbox.load(row(kind, {**record, "updatedAt": now}) for record in copied)
            for record in copied:
                name = record[IDS[kind]]
                for what in SHARED[kind]:
                    if record.get(what) != current[name].get(what):
                        self.notes("shop", name, what, record.get(what))
