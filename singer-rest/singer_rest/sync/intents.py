"""Write intents: what was asked of the API without the ledger knowing the end, by a run that died or by this one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, RecordRejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_rest.ledger import Intent
    from singer_rest.sync.merge import PropertyChange
    from singer_rest.sync.record import Record
    from singer_rest.sync.run_context import RunContext
    from singer_rest.sync.sink import RestSink


class WriteIntent:
    """The intent of one state record: whoever finds there what it sent knows that no person wrote it.

    `creates`: the request makes the record. Its hint keeps what was sent in the API's values (`sent`) and in the
    record's (`said`), which the other direction knows.
    """

    def __init__(self, intent: Intent | None) -> None:
        """Begin with what a run that died left open."""
        hint = intent.hint if intent else {}
        self._sent: dict[str, list[Any]] = {name: [*values] for name, values in hint.get("sent", {}).items()}
        self._said: dict[str, list[Any]] = {name: [*values] for name, values in hint.get("said", {}).items()}
        self.was_open = intent is not None
        self.creates = bool(hint.get("creates"))

    def commit(self, sink: RestSink, record: Record, changes: Iterable[PropertyChange]) -> None:
        """Commit what is about to be sent."""
        values = record.values
        for change in changes:
            if change.decision.sends and not change.adds:
                _add(self._sent, change.name, change.value)
                _add(self._said, change.name, values.get(change.name))
        hint = {"creates": self.creates, "sent": self._sent, "said": self._said}
        sink.ledger.intents.open(sink.stream, record.external_id, hint)
        self.was_open = True


def _add(values: dict[str, list[Any]], name: str, value: Any) -> None:
    known = values.setdefault(name, [])
    if value not in known:
        known.append(value)


def surely_had_no_effect(problem: Exception) -> bool:
    """Whether a request that failed left nothing behind; what a look-up was refused says nothing about a create."""
    if isinstance(problem, ApiError):
        return problem.final and problem.method != "GET"
    return isinstance(problem, RecordRejected)


def discard_on_rejection(context: RunContext, stream: str, external_id: str, problem: Exception) -> None:
    """Close the intent of a request that surely had no effect."""
    if surely_had_no_effect(problem):
        context.ledger.intents.close(stream, external_id)


def wait_for_in_flight(intent: Intent, seconds: float) -> None:
    """Wait until what was asked for at the time of an intent has taken effect, or never will."""
    time.sleep(min(seconds, max(0.0, seconds - (time.time() - intent.created_at.timestamp()))))


def look_up(sink: RestSink, record: Record, intent: Intent | None) -> dict[str, Any] | None:
    """Look for the API's record, and again when the last request of a run that died can no longer take effect."""
    vendor = sink.look_up(record, intent)
    if vendor is None and intent is not None and not sink.repeatable(record):
        wait_for_in_flight(intent, sink.context.settle_seconds)
        vendor = sink.look_up(record, intent)
    return vendor
