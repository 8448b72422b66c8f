"""When a run goes wrong wholesale, so that it stops before it does harm."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock

from singer_rest.errors import FatalRunError
from singer_rest.target.summary import Summary

SHARE_COUNTS_AFTER = 100
FAILED_IN_A_ROW = 10
UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class RejectedLimit:
    """A share of the records read (counted after 100), or a number."""

    given: str
    share: float | None = None
    number: int | None = None

    @classmethod
    def of(cls, given: str) -> RejectedLimit:
        """Parse `20%` or `50`. FatalRunError when it is neither."""
        text = str(given).strip()
        try:
            if text.endswith("%"):
                return cls(text, share=int(text[:-1]) / 100)
            return cls(text, number=int(text))
        except ValueError:
            raise FatalRunError(f"max_rejected is neither a number nor a share like 20%: {text!r}") from None

    @property
    def allows_all(self) -> bool:
        """Whether a run goes on whatever is set aside."""
        return self.share is not None and self.share >= 1

    def check(self, rejected: int, read: int, what: str) -> None:
        """Stop the run when the limit is passed."""
        if self.number is not None:
            too_many = rejected > self.number
        else:
            too_many = read >= SHARE_COUNTS_AFTER and rejected > (self.share or 0) * read
        if too_many:
            raise FatalRunError(
                f"{rejected:,} of {read:,} {what} were rejected, more than max_rejected ({self.given}): "
                "see `dead-letters list`, mend the cause and run again"
            )


class ErrorBudget:
    """Counts what became of records, and stops a run of which too much is set aside.

    One record of the source becomes several: where all boxes fail, their contacts and tasks must not outweigh them.
    """

    def __init__(self, limit: RejectedLimit, summary: Summary) -> None:
        self._limit, self._summary = limit, summary
        self._lock = Lock()
        self.mapped: Counter[tuple[str | None, str]] = Counter()
        """Records that came, by stream of the source and flow."""
        self.failed: dict[str, int] = {}
        """Records in a row that the API did not take, by stream; one that is written ends the row."""
        self._unmapped: Counter[tuple[str | None, str]] = Counter()
        self._incomplete: Counter[str] = Counter()

    def unmapped(self, stream: str, flow: str) -> None:
        """Count a record of the source that a flow of the mapping can't map."""
        self.spend(stream, "rejected")
        self._unmapped[stream, flow] += 1
        rejected = max(count for (source, _), count in self._unmapped.items() if source == stream)
        came = (count + self._unmapped[key] for key, count in self.mapped.items() if key[0] == stream)
        self._limit.check(rejected, max([rejected, *came]), f"{stream} of the source")

    def spend(self, stream: str, result: str, code: str = "", *, incomplete: bool = False) -> None:
        """Count a record that was set aside (`rejected`, `postponed`); `code` says why. FatalRunError when too many.

        `incomplete`: it was written but for something that the API keeps of none: that stops no run.
        """
        self._summary.count(stream, result)
        if incomplete:
            with self._lock:
                self._incomplete[stream] += 1
            return
        if result == "postponed" and (code.isdigit() or code == UNAVAILABLE):
            self._one_more_failed(stream, code)
        rejected = self._summary.total("rejected") + self._summary.total("postponed") - self._incomplete.total()
        self._limit.check(rejected, self._summary.taken(), "records")
        set_aside = self._summary.set_aside(stream) - self._incomplete[stream]
        self._limit.check(set_aside, self._summary.read[stream], stream)

    def _one_more_failed(self, stream: str, code: str) -> None:
        with self._lock:
            failed = self.failed[stream] = self.failed.get(stream, 0) + 1
        if failed >= FAILED_IN_A_ROW and not self._limit.allows_all:
            raise FatalRunError(
                f"the API answers, but took none of {failed} {stream} in a row ({code}): run again when it does; "
                "if it never takes just these, run once with max_rejected 100%"
            )
