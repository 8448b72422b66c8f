"""The kinds of worlds, and which of them a seed lives besides the daily one."""

from __future__ import annotations

from typing import Any

from bent_apis import BentWorld
from cleared_ids import ClearedWorld
from merging import MergingWorld
from restored_ledger import RestoredLedgerWorld
from restored_shop import RestoredShopWorld
from two_shops import TwoShopsWorld
from two_way_world import World

DAILY = "daily"
WORLDS: tuple[Any, ...] = (
    World,
    MergingWorld,
    TwoShopsWorld,
    ClearedWorld,
    RestoredShopWorld,
    RestoredLedgerWorld,
    BentWorld,
)
KINDS: dict[str, Any] = {world.kind: world for world in WORLDS}
SHARE = 10
"""Of so many seeds each kind has one."""


def kinds_of(seed: int) -> list[str]:
    """The daily world, which every seed has, and for some seeds one more."""
    others = [name for name in KINDS if name != DAILY]
    place = seed % SHARE
    return [DAILY, *others[place : place + 1]]
