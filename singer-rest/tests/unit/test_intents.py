"""What may or may not have had an effect at the API."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fake_sinks import Things, record, things
from singer_rest.errors import ApiError, ApiUnavailable, RecordRejected
from singer_rest.sync.intents import discard_on_rejection, look_up, surely_had_no_effect, wait_for_in_flight
from singer_rest.sync.merge import ABSENT, PropertyChange
from singer_rest.sync.upsert import WriteIntent


def change(sink: Things, name: str, value: Any) -> PropertyChange:
    return PropertyChange(name, name, value, ABSENT, sink.fields[name], adds=sink.fields[name].adds)


def test_an_intent_gathers_what_was_sent_in_both_words() -> None:
    sink = things()
    made = record(sink, stage="Paid", emails=["a"])
    intent = WriteIntent(None)
    intent.commit(sink, made, [change(sink, "stage", "5001"), change(sink, "emails", ["a"])], creates=True)
    again = WriteIntent(sink.ledger.intents.get("things", "1"))
    again.commit(sink, made, [change(sink, "stage", "5002"), change(sink, "stage", "5001")])
    opened = sink.ledger.intents.get("things", "1")
    assert opened is not None
    assert opened.hint == {"creates": True, "sent": {"stage": ["5001", "5002"]}, "said": {"stage": ["Paid"]}}
    assert (again.was_open, again.creates) == (True, True)


@pytest.mark.parametrize(
    ("problem", "no_effect"),
    [
        (ApiError(400, "no", "POST", "/x"), True),
        (ApiError(404, "no", "GET", "/x"), False),
        (ApiError(200, "success: false", "POST", "/x"), False),
        (RecordRejected("no"), True),
        (ApiUnavailable("silent"), False),
    ],
)
def test_refusals_close_intents(problem: Exception, *, no_effect: bool) -> None:
    sink = things()
    sink.ledger.intents.open("things", "1", {})
    discard_on_rejection(sink.context, "things", "1", problem)
    assert surely_had_no_effect(problem) is no_effect
    assert (sink.ledger.intents.get("things", "1") is None) is no_effect


def test_what_is_not_found_is_looked_for_again_when_nothing_can_arrive_any_more() -> None:
    sink = things()
    made = record(sink)
    assert look_up(sink, made, None) is None
    assert sink.asked == ["look_up"]
    sink.ledger.intents.open("things", "1", {})
    assert look_up(sink, made, sink.ledger.intents.get("things", "1")) is None
    assert sink.asked == ["look_up"] * 3


def test_waiting_ends_when_the_request_is_old_enough() -> None:
    sink = things()
    sink.ledger.intents.open("things", "1", {})
    intent = sink.ledger.intents.get("things", "1")
    assert intent is not None
    began = time.monotonic()
    wait_for_in_flight(sink.ledger, intent, 0.05)
    assert 0.02 < time.monotonic() - began < 5
    again = time.monotonic()
    wait_for_in_flight(sink.ledger, intent, 0.05)
    assert time.monotonic() - again < 0.05
