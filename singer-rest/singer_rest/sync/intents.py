"""Open intents: what may or may not have had an effect at the API, because a run died or a request failed."""

from __future__ import annotations

import time
from typing import Any

from singer_rest.errors import ApiError, RecordRejected
from singer_rest.ledger import Intent, Ledger
from singer_rest.sync.record import Record
from singer_rest.sync.run_context import RunContext
from singer_rest.sync.sink import RestSink


def surely_had_no_effect(problem: Exception) -> bool:
    """Whether a request that failed left nothing behind; what a look-up was refused says nothing about a create."""
    if isinstance(problem, ApiError):
        return problem.final and problem.method != "GET"
    return isinstance(problem, RecordRejected)


def discard_on_rejection(context: RunContext, stream: str, external_id: str, problem: Exception) -> None:
    """Close the intent of a request that surely had no effect."""
    if surely_had_no_effect(problem):
        context.ledger.intents.close(stream, external_id)


def wait_for_in_flight(ledger: Ledger, intent: Intent, seconds: float) -> None:
    """Wait until what was asked for at the time of an intent has taken effect, or never will."""
    time.sleep(max(0.0, seconds - ledger.intents.age(intent)))


def look_up(sink: RestSink, record: Record, intent: Intent | None) -> dict[str, Any] | None:
    """Look for the API's record, and again when the last request of a run that died can no longer take effect."""
    vendor = sink.look_up(record, intent)
    if vendor is None and intent is not None and not sink.repeatable(record):
        wait_for_in_flight(sink.ledger, intent, sink.context.settle_seconds)
        vendor = sink.look_up(record, intent)
    return vendor
