"""What was asked of the API without the ledger knowing the end: by a run that died, or by this one just now."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from singer_rest.errors import ApiError, RecordRejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest.ledger import Intent
    from singer_rest.sync.merge import Merged
    from singer_rest.sync.record import Record
    from singer_rest.target.sink import RestSink


class WriteIntent:
    """The intent of one state record: whoever finds there what it sent knows that no person wrote it."""

    def __init__(self, sink: RestSink, record: Record, intent: Intent | None) -> None:
        """Begin with what a run that died left open."""
        hint = intent.hint if intent else {}
        self._sink = sink
        self._record = record
        self._is_open = intent is not None
        self._sent: dict[str, list[Any]] = {name: list(values) for name, values in hint.get("sent", {}).items()}
        self._said: dict[str, list[Any]] = {name: list(values) for name, values in hint.get("said", {}).items()}
        self.creates = bool(hint.get("creates"))

    def sent(self, name: str) -> tuple[Any, ...]:
        """Give the API's values of a property that may have arrived."""
        return tuple(self._sent.get(name, ()))

    @contextmanager
    def creating(self, draft: Merged) -> Iterator[None]:
        """Commit what is about to be made; a refusal closes the intent, as nothing is there."""
        self.creates = True
        self._commit(draft)
        with discard_on_rejection(self._sink, self._record.external_id):
            yield

    @contextmanager
    def updating(self, merged: Merged) -> Iterator[None]:
        """Commit what is about to be sent; a refusal closes the intent only if it was the first request."""
        was_open = self._is_open
        self._commit(merged)
        with nullcontext() if was_open else discard_on_rejection(self._sink, self._record.external_id):
            yield

    def _commit(self, merged: Merged) -> None:
        """Keep what is sent in the API's words and in the record's, which the other direction knows."""
        for one in merged.sent:
            if not self._sink.adds(one.name):
                _note(self._sent, one.name, one.value)
                _note(self._said, one.name, self._record.values.get(one.name))
        hint = {"creates": self.creates, "sent": self._sent, "said": self._said}
        self._sink.ledger.intents.open(self._sink.stream, self._record.external_id, hint)
        self._is_open = True


def wait_for_in_flight(intent: Intent, seconds: float) -> None:
    """Wait until what was asked for at the time of an intent has taken effect, or never will."""
    time.sleep(min(seconds, max(0.0, seconds - (time.time() - intent.created_at.timestamp()))))


def _note(values: dict[str, list[Any]], name: str, value: Any) -> None:
    known = values.setdefault(name, [])
    if value not in known:
        known.append(value)


@contextmanager
def discard_on_rejection(sink: RestSink, name: str) -> Iterator[None]:
    """Close the intent of a request that surely had no effect."""
    try:
        yield
    except (ApiError, RecordRejected) as refused:
        # what a look-up was refused says nothing about the create before it
        if not isinstance(refused, ApiError) or (refused.final and refused.method != "GET"):
            sink.ledger.intents.close(sink.stream, name)
        raise
