"""target-streak that never waits for the disk, to see what waiting for it costs."""

from __future__ import annotations

from typing import Any

from singer_rest.ledger.engine import Database
from target_streak.target import TargetStreak

_begin = Database.begin


def _begin_hastily(database: Database, **_: Any) -> Any:
    return _begin(database, durable=False)


if __name__ == "__main__":
    Database.begin = _begin_hastily  # type: ignore[method-assign, assignment]
    TargetStreak.cli()
