"""Records that are held back until enough of them were looked at: before that, nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterator

from singer_rest.errors import RecordRejected
from singer_rest.http.json import fast_decode, fast_encode
from singer_rest.sync.sink import Look, RestSink
from singer_rest.target.messages import DELETED_AT, Message

MOST_BYTES = 64 << 20
IDLE_SECONDS = 5.0


class HeldBack:
    """Messages in their order, until a look at the records of one sink is enough or no more can be waited for."""

    def __init__(self) -> None:
        self._sink: RestSink | None = None
        self._look: Look | None = None
        self._messages: list[tuple[bytes, int]] = []
        self._bytes = 0
        self._since = time.monotonic()

    def watch(self, sink: RestSink, look: Look) -> None:
        """Look at the records of a sink."""
        self._sink, self._look = sink, look

    def add(self, message: Message, size: int) -> bool:
        """Hold a RECORD or STATE back; True when it was the last one."""
        self._since = time.monotonic()
        self._messages.append((fast_encode(message), size))
        self._bytes += len(self._messages[-1][0])
        return self._shows_enough(message) or self._bytes > MOST_BYTES

    def is_overdue(self) -> bool:
        """Whether nothing came for so long that what came must do."""
        return bool(self._messages) and time.monotonic() - self._since > IDLE_SECONDS

    def release(self) -> Iterator[tuple[Message, int]]:
        """Decide, and give all messages back. FatalRunError when nothing may be written."""
        if self._look is not None:
            self._look.decide()
        return ((fast_decode(message), size) for message, size in self._messages)

    def _shows_enough(self, message: Message) -> bool:
        raw, sink = message.get("record"), self._sink
        if sink is None or self._look is None or message.get("stream") != sink.stream:
            return False
        if type(raw) is not dict or raw.get(DELETED_AT) is not None:
            return False
        try:
            return self._look.see(sink.records.read(raw))
        except (RecordRejected, RecursionError):  # its turn comes
            return False
