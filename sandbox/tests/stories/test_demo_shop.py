"""The demo shop as it is served."""

from typing import Any

import pytest
from sandbox.demo.shop import demo_records


@pytest.fixture(scope="module")
def demo() -> dict[str, list[dict[str, Any]]]:
    records: dict[str, list[dict[str, Any]]] = {}
    for plural, record in demo_records():
        records.setdefault(plural, []).append(record)
    return records


def test_the_served_shop_is_the_same_every_time(sandbox: Any, demo: dict[str, Any]) -> None:
    for _ in range(2):
        sandbox.reset("demo")
        shown = sandbox.snapshot()["clarity"]
        assert {plural: shown[plural] for plural in demo} == demo
