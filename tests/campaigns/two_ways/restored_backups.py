"""Worlds in which the shop, or the ledger, comes back from a copy of yesterday."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from differences import changes, records, without_stamps
from people import NAMES
from shop import row
from two_way_world import ROUNDS, World

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = {"orders": ("status", "customerNote", "salesRepEmail", "trackingNumber"), "customers": (*NAMES, "phone")}
IDS = {"orders": "orderId", "customers": "customerId"}


class RestoredWorld(World):
    """Versions go back while instants go forward, and the ledger forgets a day."""

    kind = "restored"

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and copies that are made and put back."""
        return [
            *super().happenings(),
            (self.is_copied, 2),
            (self.shop_is_restored, 2),
            (self.ledger_is_restored, 2),
        ]

    def opens(self) -> None:
        """A shop with some orders, and the first copy of it and of the ledger."""
        super().opens()
        self.is_copied()

    def is_copied(self) -> None:
        """The nightly copy of the shop and of the ledger."""
        store = self.sandbox.snapshot()["clarity"]
        self._records: dict[str, list[dict[str, Any]]] = {kind: list(store[kind]) for kind in SHARED}
        with (
            closing(sqlite3.connect(self.folder / "ledger.db")) as ledger,
            closing(sqlite3.connect(self._copy)) as copy,
        ):
            ledger.backup(copy)
        self.say("shop and ledger are copied")

    def shop_is_restored(self) -> None:
        """Every record is what it was, with the version it had, and comes with the moment at which it came back."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.say("the shop comes back from its copy")
        for kind, copied in self._records.items():
            current = self.shop.orders if kind == "orders" else self.shop.customers
            self.sandbox.load(row(kind, {**record, "updatedAt": now}) for record in copied)
            for record in copied:
                name = record[IDS[kind]]
                for what in SHARED[kind]:
                    if record.get(what) != current[name].get(what):
                        self.notes("shop", name, what, record.get(what))

    def ledger_is_restored(self) -> None:
        """At rest the ledger comes back from its copy, with or without all being read again: nothing is to change."""
        for _ in range(ROUNDS + 1):
            if not self.round([self.there, self.back]):
                break
        self.say("the ledger comes back from its copy")
        for path in self.folder.glob("ledger.db*"):
            path.unlink()
        shutil.copyfile(self._copy, self.folder / "ledger.db")
        if self.chance.choice((True, False)):
            self.say("everything is read again")
            for way in (self.there, self.back):
                way.state = {}
        before = self._records_now()
        for way in (self.there, self.back):
            self.run(way, alone=True)
        for _, what in changes(before, self._records_now()):
            self.breaks(f"a run at rest wrote, with the ledger of the copy: {what}")

    def _records_now(self) -> dict[str, Any]:
        return without_stamps(records(self.sandbox.snapshot()))

    @property
    def _copy(self) -> Any:
        return self.folder / "ledger.copy"
