"""The Streak side of the sandbox as one system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Mount

from sandbox.streak import loading, parties, pipelines, seeds, settings
from sandbox.streak.api import Api
from sandbox.streak.store import NOUNS, Store
from sandbox.streak.webhooks import Announcer

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from sandbox.clock import Clock
    from sandbox.delivery import Delivery

SHOWN = tuple(noun for noun in NOUNS if noun not in {"newsfeed", "apikeys"})
CREATED = ("creationTimestamp", "creationDate", "timestamp")


class Streak:
    """The Streak API with its state; see `sandbox.system.System`."""

    name = "streak"

    def __init__(self, clock: Clock, delivery: Delivery) -> None:
        self.store = Store(clock)
        self.store.announce = Announcer(self.store, delivery).announce
        seeds.plant(self.store, "empty")

    @property
    def search_lag_seconds(self) -> float:
        return self.store.search_lag_ms / 1000

    @search_lag_seconds.setter
    def search_lag_seconds(self, seconds: float) -> None:
        self.store.search_lag_ms = int(seconds * 1000)

    def routes(self) -> list[BaseRoute]:
        return [Mount("/", app=Api(self.store))]

    def configure(self, changes: Any) -> dict[str, Any]:
        """Set switches of `POST /_sandbox/streak`; answers all of them. Raises ValueError."""
        wrong = settings.problems(changes)
        if wrong:
            raise ValueError("; ".join(wrong))
        self.store.settings |= changes
        return self.store.settings

    def merge(self, kind: str, gone: str, survivor: str) -> None:
        """Merge a contact or organization into another, as a rep does. Raises ValueError."""
        table = self.store.tables[kind] if kind in parties.EVENTS else {}
        if gone == survivor or not {gone, survivor} <= table.keys():
            raise ValueError("two contacts or two organizations are wanted: type, from, into")
        parties.merge(self.store, kind, table[gone], table[survivor])

    def reset(self, seed: str) -> None:
        seeds.plant(self.store, seed)

    def load(self, type: str, record: dict[str, Any]) -> None:  # noqa: A002  # the word of the control call
        loading.load(self.store, type, record)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """The records themselves, to be read and not to be changed."""
        for pipeline in self.store.tables["pipelines"].values():
            pipelines.shown(self.store, pipeline)
        return {noun: sorted(self.store.tables[noun].values(), key=_created) for noun in SHOWN}

    def dump(self) -> dict[str, Any]:
        store = self.store
        tables = {noun: list(store.tables[noun].values()) for noun in NOUNS}
        return {"tables": tables, "counters": store.counters, "secrets": store.secrets}

    def restore(self, data: dict[str, Any]) -> None:
        self.store.clear()
        for noun in NOUNS:
            for record in data["tables"].get(noun, []):
                self.store.add(noun, record)
        self.store.counters |= data["counters"]
        self.store.secrets |= data["secrets"]


def _created(record: dict[str, Any]) -> int:
    """When a record was made; the sort is stable, so that equal times keep the order of writing."""
    return next((record[name] for name in CREATED if record.get(name)), 0)
