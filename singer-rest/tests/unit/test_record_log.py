"""What happened to each record."""

from __future__ import annotations

from singer_rest.ledger import Content, Ledger


def test_the_log_counts_writes_since_a_person_unparked() -> None:
    ledger = Ledger.in_memory()
    for result in ("created", "updated", "unchanged", "rejected"):
        ledger.links.written("things", "1", vendor_key="k", flow="f", content=Content("h", {}), result=result)
    ledger.record_log.note("things", "1", "f", "stale")
    assert ledger.record_log.writes_within("things", "1", 60) == 2
    assert ledger.record_log.writes_within("things", "2", 60) == 0
