"""Records nobody would send: each ends as an effect or as a dead letter, and the sum is exact."""

from __future__ import annotations

import copy
import json
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STREAMS = st.sampled_from(["boxes", "contacts", "organizations", "tasks", "comments", "meetings"])
NAMES = ["externalId", "name", "pipelineName", "stageName", "fieldValues", "contactEmails", "emailAddresses", "domains"]
NAMES += ["text", "message", "dueDate", "_source", "_change", "_flow", "assigneeEmails", "givenName", "key"]
CHANGE = st.tuples(st.integers(0, 4), st.sampled_from(NAMES), JSON, st.booleans())


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CHANGE, min_size=1, max_size=25))
def test_every_record_is_an_effect_or_a_letter(shop: Any, changes: list[Any]) -> None:
    shop.sandbox.reset()
    good = [shop.box(), shop.contact(), shop.organization(), shop.task(), shop.comment()]
    messages = copy.deepcopy(good)
    for which, name, value, gone in changes:
        message = copy.deepcopy(good[which])
        if gone:
            message["record"].pop(name, None)
        else:
            message["record"][name] = value
        messages.append(message)
    ran = shop.run(*messages, max_rejected="100%", ledger_url=f"sqlite:///{shop.tmp_path}/{uuid4()}.db")
    counted = sum(sum(counts.values()) for counts in ran.counts["streams"].values())
    assert counted >= len(messages)
    assert ran.states == [{"at": len(messages)}]
    assert "unexpected" not in json.dumps(ran.counts)
    assert "has a fault" not in ran.log
