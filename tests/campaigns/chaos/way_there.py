"""The way there: a changing shop, and Streak that must mirror it."""

from __future__ import annotations

from typing import Any

from changing_shop import ChangingShop
from running import BIN, MAPPING
from target_run import with_states
from trap import STREAK
from verdict import Verdict, judge
from world import World, output


class WayThere(World):
    """`tap-clarity | mapper-crosswalk | target-streak`."""

    steps = STREAK
    target_name = "target-streak"

    @property
    def upstream(self) -> str:
        """Streak."""
        return self.sandbox.streak_origin

    @property
    def source(self) -> str:
        """The shop's address."""
        return self.sandbox.clarity_url

    def destination(self) -> str:
        """Streak's address and team."""
        return f"{self.proxy.origin}/api {self.sandbox.snapshot()['streak']['teams'][0]['key']}"

    def settings(self) -> dict[str, Any]:
        """Where Streak is."""
        own = {"api_url": f"{self.proxy.origin}/api", "api_key": self.sandbox.streak_key}
        return own | {"create_missing_fields": True}

    @property
    def is_full(self) -> bool:
        """Whether the shop has become large."""
        return self.shop.is_full

    def grow(self) -> None:
        """Open another shop."""
        self.shop = ChangingShop(self.chance)

    def pass_time(self) -> None:
        """Let customers order, pay and wait."""
        self.sandbox.load(self.shop.change())

    def newest(self) -> dict[str, str]:
        """Give the last change of each stream."""
        return self.shop.newest()

    def compare(self) -> Verdict:
        """Compare Streak with the shop."""
        return judge(self.shop, self.sandbox.snapshot())

    def lines(self) -> list[bytes]:
        """Give what `tap-clarity | mapper-crosswalk` sends."""
        tap = {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}
        arguments = ["--config", self.file("tap", tap)]
        if self.state:
            arguments += ["--state", self.file("state", self.state)]
        mapper = ["--config", self.file("mapper", {"mapping_file": str(MAPPING)})]
        read = output([BIN / "tap-clarity", *arguments], self.place / "tap.log")
        return list(with_states(output([BIN / "mapper-crosswalk", *mapper], self.place / "mapper.log", read)))
