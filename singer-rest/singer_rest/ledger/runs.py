"""Runs of a target, with their counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from singer_rest.ledger.clock import instant, now_ms, optional_instant
from singer_rest.ledger.content import read_record, record_text
from singer_rest.ledger.engine import Store
from singer_rest.ledger.schema import runs
from singer_rest.ledger.values import Run


class Runs:
    """The runs of one scope."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(self, command: str) -> int:
        """Begin a run; log rows of this process belong to it from now on."""
        row = {"scope": self._store.scope, "command": command, "started_at": now_ms(), "counts": "{}"}
        begun = runs.insert().values(row).returning(runs.c.id)
        self._store.run = int(self._store.write(lambda c: c.execute(begun).scalar_one()))
        return self._store.run

    def end(self, run_id: int, counts: dict[str, Any]) -> None:
        """End a run with its counts."""
        ended = update(runs).where(runs.c.id == run_id).values(ended_at=now_ms(), counts=record_text(counts))
        self._store.write(lambda c: c.execute(ended))

    def latest(self, limit: int = 20) -> list[Run]:
        """The latest runs, newest first."""
        own = select(runs).where(runs.c.scope == self._store.scope).order_by(runs.c.id.desc()).limit(limit)
        return [
            Run(row.id, row.command, instant(row.started_at), optional_instant(row.ended_at), read_record(row.counts))
            for row in self._store.select(own)
        ]
