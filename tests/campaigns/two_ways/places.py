"""Sandboxes as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.testing import read_ports

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sandboxes(count: int) -> Iterator[list[dict[str, Any]]]:
    """Start so many sandboxes; gives their ports."""
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(count)
        ]
        for process in started:
            stack.callback(process.terminate)
        yield [read_ports(process) for process in started]
