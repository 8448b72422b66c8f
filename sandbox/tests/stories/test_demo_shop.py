"""The demo shop as it is served."""

from typing import Any


def test_the_served_shop_is_the_same_every_time(sandbox: Any, demo: dict[str, Any]) -> None:
    for _ in range(2):
        sandbox.reset("demo")
        shown = sandbox.snapshot()["clarity"]
        assert {plural: shown[plural] for plural in demo} == demo
