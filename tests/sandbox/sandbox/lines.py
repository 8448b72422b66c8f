"""A program whose Singer lines are read as they come."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """A message and when it came."""

    message: dict[str, Any]
    at: float


class Lines:
    """Starts a command; `until` waits for what it writes."""

    def __init__(self, command: Sequence[str], log: Path, *, stdin: Any = subprocess.DEVNULL) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr)
        self.lines: list[Line] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What came so far."""
        return [line.message for line in self.lines]

    @property
    def log(self) -> str:
        """What the program said so far."""
        return self._log.read_text()

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream that came so far."""
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    def states(self) -> list[Line]:
        """The STATEs that came so far."""
        return [line for line in self.lines if line.message["type"] == "STATE"]

    def until(self, come: Callable[["Lines"], Any], what: str) -> Any:
        """Wait until `come` is true, and give what it gives."""
        deadline = time.monotonic() + PATIENCE
        with self._more:
            while not (found := come(self)):
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no {what}; {self.log}")
                self._more.wait(min(left, 0.1))
            return found

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; gives its exit code."""
        os.kill(self.process.pid, number)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; gives its exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._more:
                self.lines.append(Line(json.loads(line, parse_float=Decimal), time.monotonic()))
                self._more.notify_all()
