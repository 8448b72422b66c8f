"""The demo shop."""

from collections.abc import Iterator
from typing import Any


def demo_records() -> Iterator[tuple[str, dict[str, Any]]]:
    """Plural and record."""
    yield from ()
