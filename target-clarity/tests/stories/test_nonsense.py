"""Records nobody would send: each ends as an effect or as a dead letter, and the sum is exact."""

from __future__ import annotations

import copy
import os
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = ["externalId", "orderId", "customerId", "invoiceId", "boxKey", "status", "email", "addresses", "company", "key"]
NAMES += ["attributes", "shippingAddress", "dueDate", "text", "_source", "_change", "_flow", "mergedIntoCustomerId"]
CHANGE = st.tuples(st.integers(0, 3), st.sampled_from(NAMES), JSON, st.booleans())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(st.lists(CHANGE, min_size=1, max_size=25))
def test_every_record_is_an_effect_or_a_letter(crm: Any, changes: list[Any]) -> None:
    crm.sandbox.reset()
    crm.has_orders(1)
    good = [crm.order(status="shipped"), crm.customer(firstName="Ada"), crm.note(), crm.invoice(dueDate="2026-06-01")]
    messages = copy.deepcopy(good)
    for which, name, value, gone in changes:
        message = copy.deepcopy(good[which])
        if gone:
            message["record"].pop(name, None)
        else:
            message["record"][name] = value
        messages.append(message)
    ran = crm.run(*messages, max_rejected="100%", ledger_url=f"sqlite:///{crm.tmp_path}/{uuid4()}.db")
    counted = sum(sum(counts.values()) for counts in ran.counts["streams"].values())
    assert counted == len(messages)
    assert ran.states == [{"at": len(messages)}]
    assert "has a fault" not in ran.log
