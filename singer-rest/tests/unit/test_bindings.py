"""Names that were resolved to the vendor's keys."""

from __future__ import annotations

from singer_rest.ledger import Binding, Ledger


def test_bindings_are_bound_and_bound_anew() -> None:
    ledger = Ledger.in_memory()
    assert ledger.bindings.get("stage", "p", "New") is None
    ledger.bindings.bind("stage", "p", "New", "5001")
    ledger.bindings.bind("stage", "p", "New", "5002")
    assert ledger.bindings.get("stage", "p", "New") == "5002"
    assert ledger.bindings.of_kind("stage") == [Binding("stage", "p", "New", "5002")]
