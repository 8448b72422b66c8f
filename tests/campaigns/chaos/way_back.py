"""The way back: people work in a CRM, and the shop must follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from changing_crm import ChangingCrm
from target_run import with_states
from trap import CLARITY
from world import World

if TYPE_CHECKING:
    from verdict import Verdict


class WayBack(World):
    """What a mapper makes of a CRM, into target-clarity."""

    steps = CLARITY
    target_name = "target-clarity"

    @property
    def upstream(self) -> str:
        """The shop."""
        return self.sandbox.clarity_origin

    @property
    def source(self) -> str:
        """The CRM's address."""
        return "https://crm.example/api"

    def destination(self) -> str:
        """The shop's address."""
        return f"{self.proxy.origin}/api/v1"

    def settings(self) -> dict[str, Any]:
        """Where the shop is."""
        return {"api_url": self.destination(), "api_key": self.sandbox.clarity_key}

    @property
    def is_full(self) -> bool:
        """Whether enough has happened in this office."""
        return self.crm.is_full

    def grow(self) -> None:
        """Open another office; the shop has its orders."""
        self.crm = ChangingCrm(self.chance)
        self.sandbox.load(self.crm.shop())

    def pass_time(self) -> None:
        """Let people work."""
        self._lines = list(with_states(self.crm.change()))

    def lines(self) -> list[bytes]:
        """Give what they did."""
        return self._lines

    def newest(self) -> dict[str, str]:
        """Give the last change."""
        return {"boxes": self.crm.now}

    def compare(self) -> Verdict:
        """Compare the shop with what people did."""
        return self.crm.judge(self.sandbox.snapshot()["clarity"])
