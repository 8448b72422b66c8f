"""The scheduled incremental runs of both jobs, every few seconds."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from running import Meltano

JOBS = ("orders-to-boxes", "boxes-to-orders")
EVERY_SECONDS = 3.0
PATIENCE = 280


class Schedule:
    """One run at a time, as a timer starts them; forced, as Meltano takes a killed run for alive for minutes."""

    def __init__(self, meltano: Meltano) -> None:
        self._meltano = meltano
        self._ended = time.monotonic()
        self.run: subprocess.Popen[bytes] | None = None
        self.ended: list[int] = []

    def look(self) -> None:
        """Start the next run when the last has ended a while ago."""
        now = time.monotonic()
        if self.run and self.run.poll() is not None:
            self.ended.append(self.run.returncode)
            self.run, self._ended = None, now
        if self.run is None and now - self._ended > EVERY_SECONDS:
            self.run = self._meltano.start("run", "--force", *JOBS)

    def finish(self) -> None:
        """Let the run under way come to its end."""
        if self.run:
            self.run.wait(PATIENCE)
            self.look()

    def once(self) -> bool:
        """Run both jobs; whether all went well."""
        self.finish()
        self.run = self._meltano.start("run", "--force", *JOBS)
        code = self.run.wait(PATIENCE)
        self.look()
        return code == 0

    def close(self) -> None:
        """End whatever is left."""
        if self.run and self.run.poll() is None:
            os.killpg(self.run.pid, signal.SIGKILL)
            self.run.wait()
