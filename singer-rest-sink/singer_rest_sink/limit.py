"""How many rejected records are too many."""

from __future__ import annotations

from dataclasses import dataclass

from singer_rest_sink.errors import RunStopped

SHARE_COUNTS_AFTER = 100


@dataclass(frozen=True, slots=True)
class RejectedLimit:
    """A share of the records read (counted after 100), or a number."""

    given: str
    share: float | None = None
    number: int | None = None

    @classmethod
    def of(cls, given: str) -> RejectedLimit:
        """Parse `20%` or `50`. RunStopped when it is neither."""
        text = str(given).strip()
        try:
            if text.endswith("%"):
                return cls(text, share=int(text[:-1]) / 100)
            return cls(text, number=int(text))
        except ValueError:
            raise RunStopped(f"max_rejected is neither a number nor a share like 20%: {text!r}") from None

    def check(self, rejected: int, read: int) -> None:
        """Stop the run when the limit is passed."""
        if self.number is not None:
            too_many = rejected > self.number
        else:
            too_many = read >= SHARE_COUNTS_AFTER and rejected > (self.share or 0) * read
        if too_many:
            raise RunStopped(
                f"{rejected:,} of {read:,} records were rejected, more than max_rejected ({self.given}): "
                "see --dead-letters list, mend the cause and run again"
            )
