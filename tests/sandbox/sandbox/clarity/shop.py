"""The shop."""

from typing import Any

from starlette.routing import BaseRoute

from sandbox.clock import Clock
from sandbox.delivery import Delivery


class Clarity:
    """The Clarity API."""

    name = "clarity"

    def __init__(self, clock: Clock, delivery: Delivery) -> None:
        self.search_lag_seconds = 0.0
        self.clock, self.delivery = clock, delivery

    def routes(self) -> list[BaseRoute]:
        return []

    def reset(self, seed: str) -> None:
        pass

    def load(self, type: str, record: dict[str, Any]) -> None:  # noqa: A002
        pass

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def dump(self) -> dict[str, Any]:
        return {}

    def restore(self, data: dict[str, Any]) -> None:
        pass
