"""A dry run writes nothing anywhere but its plan."""

from __future__ import annotations

import json
from typing import Any


def test_a_dry_run_shows_what_would_be_written(crm: Any) -> None:
    crm.has_orders()
    crm.sync = {}
    before, plan = crm.sandbox.snapshot(), crm.tmp_path / "plan.jsonl"
    everything = (
        crm.order(status="shipped"),
        crm.customer(firstName="Ada"),
        crm.note(),
        crm.invoice(dueDate="2026-06-01"),
    )
    ran = crm.run(*everything, dry_run=True, dry_run_file=str(plan))
    assert crm.sandbox.snapshot() == before
    assert ran.states == []
    assert not (crm.tmp_path / "ledger.db").exists()
    planned = {(one["method"], one["path"]): one["body"] for one in map(json.loads, plan.read_text().splitlines())}
    assert planned == {
        ("PATCH", "/orders/1"): {"status": "shipped"},
        ("POST", "/customers"): {"email": "ada@acme.example", "firstName": "Ada"},
        ("POST", "/orders/1/notes"): {"text": "Called: wants it on Friday", "externalId": "task:T1:done"},
        ("POST", "/invoices"): {"orderId": "1", "dueDate": "2026-06-01", "externalId": "box:1:won"},
    }
    assert "4 writes planned" in ran.log
