"""The demo shop, as it is before it is served."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox.demo.shop import demo_records


@pytest.fixture(scope="session")
def demo() -> dict[str, list[dict[str, Any]]]:
    """The records by their plural."""
    records: dict[str, list[dict[str, Any]]] = {}
    for plural, record in demo_records():
        records.setdefault(plural, []).append(record)
    return records
