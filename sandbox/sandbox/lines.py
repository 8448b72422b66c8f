"""A program whose Singer lines are read as they come."""

import json
import os
import select
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
        assert self.process.stdout
        self._output = self.process.stdout
        self._hung_up = False
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

    def until_record(self, stream: str, **known: Any) -> dict[str, Any]:
        """Wait for a record that holds these values, and give it."""

        def come(lines: "Lines") -> list[dict[str, Any]]:
            return [record for record in lines.records(stream) if known.items() <= record.items()]

        found: list[dict[str, Any]] = self.until(come, f"{stream} {known}")
        return found[-1]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; gives its exit code."""
        os.kill(self.process.pid, number)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; gives its exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def hang_up(self) -> None:
        """Read no more: the program writes into a broken pipe."""
        self._hung_up = True
        self._reader.join(PATIENCE)
        self._output.close()

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.hang_up()

    def _read(self) -> None:
        rest = b""
        while not self._hung_up:
            if not select.select([self._output], [], [], 0.05)[0]:
                continue
            chunk = os.read(self._output.fileno(), 1 << 16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            with self._more:
                self.lines += [Line(json.loads(line, parse_float=Decimal), time.monotonic()) for line in lines]
                self._more.notify_all()
