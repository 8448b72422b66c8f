"""Mistakes in a file that people write: one finding each, with its place in the file and a suggestion."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

LISTED = 8  # so many names are listed when none is close


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: `file:line: flow.field: what, did you mean …`."""

    file: str
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: "
        return f"{place}{self.where}: {self.what}" if self.where else f"{place}{self.what}"


class DocumentError(Exception):
    """The file can't be used; carries everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sorted(dict.fromkeys(findings), key=lambda finding: finding.line)
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(slots=True)
class Findings:
    """Collects the mistakes of one file."""

    file: str
    entries: list[Finding] = field(default_factory=list)

    def add(self, line: int, where: str, what: str) -> None:
        """Note a mistake at a line; `where` is the dotted place inside the file."""
        self.entries.append(Finding(self.file, line, where, what))

    def stop_if_any(self) -> None:
        """Raise DocumentError when a mistake was noted."""
        if self.entries:
            raise DocumentError(self.entries)


def near(word: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant."""
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def suggest(word: str, names: Iterable[str]) -> str:
    """Return `, did you mean 'x'?`, else the names that exist when they are few, else nothing."""
    names = list(names)
    meant = near(word, names)
    if meant is not None:
        return f", did you mean '{meant}'?"
    return f" (there is: {', '.join(names)})" if 0 < len(names) <= LISTED else ""
