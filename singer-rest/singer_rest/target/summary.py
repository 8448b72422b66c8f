"""What a run did: counts per stream, one line at the end, a row in the ledger, a file for those who print tables."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from singer_rest.http.client import RestClient

ALWAYS = ("created", "updated", "unchanged", "stale", "rejected")
SOMETIMES = ("waiting", "postponed", "detached")
ASIDE = ("rejected", "waiting", "postponed")
PROGRESS_SECONDS = 10.0


class Summary:
    """Counts of one run: records `read` and `results` by stream; who changes them holds `lock`."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.conflicts = 0
        self._tried: Counter[str] = Counter()
        self.results: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.lock = Lock()
        self._began, self._began_at = time.monotonic(), datetime.now(UTC)
        self._said_at, self._said_done = time.monotonic(), 0

    def count(self, stream: str, result: str) -> None:
        """Count one result."""
        with self.lock:
            self.results[stream][result] += 1

    def count_again(self, stream: str, result: str, before: str | None) -> None:
        """Count what became of a letter; `before`: as what its record was counted in this run, None: in another one."""
        with self.lock:
            counts = self.results[stream]
            counts[result] += 1
            if before is None:
                self._tried[stream] += 1
            else:
                counts[before] -= 1

    def taken(self) -> int:
        """Give how many records were read and how many letters of other runs tried again."""
        with self.lock:
            return self.read.total() + self._tried.total()

    def total(self, result: str) -> int:
        """Give how many records had a result, in all streams."""
        with self.lock:
            return sum(counts[result] for counts in self.results.values())

    def set_aside(self, stream: str) -> int:
        """Give how many records of a stream were rejected or postponed."""
        with self.lock:
            counts = self.results.get(stream, Counter())
            return counts["rejected"] + counts["postponed"]

    def counts(self, client: RestClient | None) -> dict[str, Any]:
        """Give everything as plain values."""
        with self.lock:
            streams = {stream: dict(+counts) for stream, counts in sorted(self.results.items())}
            tried = dict(self._tried)
        return {
            "started_at": self._began_at.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._began, 1),
            "read": dict(self.read),
            "ignored": dict(self.ignored),
            "tried_again": tried,
            "streams": streams,
            "conflicts": self.conflicts,
            "calls": client.calls if client else 0,
            "retries": client.retries if client else 0,
            "waited": round(client.waited, 1) if client else 0,
        }

    def line(self, client: RestClient | None, *, since: datetime | None = None, planned: bool = False) -> str:
        """Say in one line what was done, and why when nothing was."""
        counts = self.counts(client)
        done = ", ".join(self._done()) or "no records"
        end = f"calls {counts['calls']:,}, retries {counts['retries']:,}"
        line = f"{'dry run' if planned else 'run'} finished in {counts['seconds']} s: {done}; {end}"
        aside = "see `dead-letters list`" if not planned and any(self.total(name) for name in ASIDE) else ""
        kept = "a dry run keeps none of it" if planned else "see `conflicts`"
        both = f"both sides had changed {self.conflicts:,}, {kept}" if self.conflicts else ""
        return "; ".join(part for part in (line, self._idle(since, planned=planned) or aside, both) if part)

    def progress(self, pending: int) -> str | None:
        """Say how far the run is, every ten seconds while it moves or waits."""
        now, done = time.monotonic(), sum(sum(counts.values()) for counts in list(self.results.values()))
        passed = now - self._said_at
        if passed < PROGRESS_SECONDS or (done == self._said_done and not pending):
            return None
        rate = (done - self._said_done) / passed
        self._said_at, self._said_done = now, done
        return f"{done:,} records done ({rate:,.0f}/s), {pending:,} more read, {self.total('rejected'):,} rejected"

    def write(self, path: str, client: RestClient | None) -> None:
        """Write the counts as JSON."""
        Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(self.counts(client))) + b"\n")

    def _done(self) -> list[str]:
        parts = [f"{name} {self.total(name):,}" for name in (*ALWAYS, *SOMETIMES) if name in ALWAYS or self.total(name)]
        with self.lock:
            streams = [
                f"{stream} " + "/".join(f"{counts[name]:,} {name}" for name in (*ALWAYS, *SOMETIMES) if counts[name])
                for stream, counts in sorted(self.results.items())
            ]
        return [", ".join(parts) + (f" ({'; '.join(streams)})" if streams else "")]

    def _idle(self, since: datetime | None, *, planned: bool) -> str:
        """Say why there was nothing to do; empty when there was something."""
        if self.total("created") or self.total("updated"):
            return ""
        last = f" since the last run ({since:%Y-%m-%d %H:%M} UTC)" if since else ""
        read, aside = sum(self.read.values()), sum(self.total(name) for name in ASIDE)
        if not read:
            return f"nothing to write: no record came; unless tap or mapper failed, nothing changed{last}"
        where = "would be set aside, as said above" if planned else "set aside (`dead-letters list`)"
        if aside >= read:
            return f"nothing to write: {read:,} records read, all {where}"
        rest = f"the other {read - aside:,}" if aside else "all"
        kept = f"{aside:,} {where}, " if aside else ""
        return f"nothing to write: {read:,} records read, {kept}{rest} unchanged{last}"
