"""What was asked of the two APIs: never a body, never a header."""

import time
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One request. `status` is 0 while it is open, for ever if unanswered; `bytes` is the size of the answer's body."""

    n: int
    time: float
    system: str
    method: str
    path: str
    query: str
    status: int = 0
    bytes: int = 0
    ms: float = 0.0


class RequestLog:
    """All requests in order of arrival; numbers run on when the list is cleared."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._number = 0

    def open(self, system: str, method: str, path: str, query: str) -> Entry:
        self._number += 1
        entry = Entry(self._number, time.time(), system, method, path, query)
        self._entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """Requests with a number greater than `number`."""
        return [asdict(entry) for entry in self._entries if entry.n > number]

    def clear(self) -> None:
        self._entries.clear()

    def reset(self) -> None:
        self.clear()
        self._number = 0
