"""Worlds in which the ledger comes back from a copy of yesterday."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from differences import changes, records, without_stamps
from two_way_world import ROUNDS, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class RestoredLedgerWorld(World):
    """The ledger forgets what was written since its copy; nothing of it may be written once more."""

    kind = "ledgers"

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and copies of the ledger that are made and put back."""
        return [*super().happenings(), (self.ledger_is_copied, 1), (self.ledger_is_restored, 3)]

    def opens(self) -> None:
        """A shop with some orders, and the first copy of the ledger."""
        super().opens()
        self.ledger_is_copied()

    def ledger_is_copied(self) -> None:
        """The nightly copy of the ledger."""
        with (
            closing(sqlite3.connect(self.folder / "ledger.db")) as ledger,
            closing(sqlite3.connect(self._copy)) as copy,
        ):
            ledger.backup(copy)
        self.say("the ledger is copied")

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
        before = self._records()
        for way in (self.there, self.back):
            self.run(way, alone=True)
        for _, what in changes(before, self._records()):
            self.breaks(f"a run at rest wrote, with the ledger of the copy: {what}")

    def _records(self) -> dict[str, Any]:
        return without_stamps(records(self.sandbox.snapshot()))

    @property
    def _copy(self) -> Path:
        return self.folder / "copy.db"
