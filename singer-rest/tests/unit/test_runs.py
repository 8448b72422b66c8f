"""Runs of a target, with their counts."""

from __future__ import annotations

from singer_rest.ledger import Ledger


def test_runs_have_counts_the_newest_first() -> None:
    ledger = Ledger.in_memory()
    first, second = ledger.runs.start("run"), ledger.runs.start("rebuild-links")
    ledger.runs.end(first, {"created": 1})
    runs = ledger.runs.latest()
    assert [(run.id, run.counts, run.ended_at is None) for run in runs] == [
        (second, {}, True),
        (first, {"created": 1}, False),
    ]
