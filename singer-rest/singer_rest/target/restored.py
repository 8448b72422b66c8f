"""A source that was restored from a backup: the versions of its records went back while time went on."""

from __future__ import annotations

import time
from collections import Counter
from logging import Logger

from singer_rest.errors import redact

WAIT_SECONDS = 60.0
LINE = (
    "%s: the source's version of %s went back although it changed later than what was written (first: %s): "
    "was the source restored from a backup? They are carried over as they are now"
)


class Restored:
    """Says it once in a run and stream, with how many: at the end of the run, or after a minute of one without end.

    `records`: stream and id of each record whose version went back.
    """

    def __init__(self, logger: Logger, records: set[tuple[str, str]]) -> None:
        self._logger = logger
        self._records = records
        self._since: float | None = None
        self._heard: set[str] = set()

    def say(self, *, last: bool = False) -> None:
        """Log what is new; before the `last` time only when a minute has passed since the first of it."""
        if not self._records:
            return
        now = time.monotonic()
        self._since = self._since or now
        if not last and now - self._since < WAIT_SECONDS:
            return
        first: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for stream, external_id in sorted(self._records.copy()):
            if stream not in self._heard:
                first.setdefault(stream, external_id)
                counts[stream] += 1
        self._heard |= counts.keys()
        self._since = None
        for stream, count in counts.items():
            noun = "one record" if count == 1 else f"{count:,} records"
            self._logger.warning(LINE, stream, noun, redact(first[stream], 60))
