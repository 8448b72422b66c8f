"""When a tap that follows ends: it is told to, or nobody reads it any more."""

from __future__ import annotations

import os
import select
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_rest.errors import FatalRunError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ended(BaseException):
    """Leaves a wait, whoever waits: no `except Exception` on the way may keep it."""


class Ending:
    """A wait ends at once; what is being written is finished first."""

    def __init__(self) -> None:
        self.asked = False
        self._waits = False
        self._parent = os.getppid()

    def ask(self) -> None:
        """Say that it is time; may be called from a signal's handler."""
        self.asked = True
        if self._waits:
            self._waits = False
            raise Ended

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what waits for others and writes nothing. Raises Ended."""
        self._waits = True
        try:
            if self.asked:
                raise Ended
            yield
        finally:
            self._waits = False

    def check_reader(self) -> None:
        """Raise FatalRunError when nobody reads what the tap writes, or whoever started it is gone."""
        if os.getppid() != self._parent or _is_broken(_output()):
            let_go()
            raise FatalRunError("Nobody reads what the tap writes any more: it ends")


def let_go() -> None:
    """Let what is still to be written go nowhere, so that a broken pipe makes no noise at the end."""
    descriptor = _output()
    if descriptor is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _is_broken(descriptor: int | None) -> bool:
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)  # a broken pipe is told unasked
    return bool(poll.poll(0))


def _output() -> int | None:
    """Standard output's descriptor; None for one in memory."""
    try:
        return sys.stdout.fileno()
    except (OSError, AttributeError):
        return None
