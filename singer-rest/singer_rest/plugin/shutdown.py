"""The end of a plugin that would go on for ever: it is told to end, or nobody reads it any more."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from singer_rest.errors import FatalRunError
from singer_rest.plugin.stdio import descriptor_of

READER_GONE = "Nobody reads what {name} writes any more: it ends"


class ShutdownRequested(BaseException):
    """Leaves a wait, whoever waits: no `except Exception` on the way may keep it."""


class Shutdown:
    """A wait ends at once; what is being written is finished first."""

    def __init__(self, name: str) -> None:
        self.requested = False
        self._name = name
        self._is_waiting = False
        self._parent = os.getppid()

    def request(self) -> None:
        """Say that it is time; a signal's handler may call it."""
        self.requested = True
        if self._is_waiting:
            self._is_waiting = False
            raise ShutdownRequested

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what waits for others and writes nothing. Raises ShutdownRequested."""
        self._is_waiting = True
        try:
            if self.requested:
                raise ShutdownRequested
            yield
        finally:
            self._is_waiting = False

    def check_reader(self) -> None:
        """Raise FatalRunError when nobody reads standard output, or whoever started the plugin is gone."""
        if os.getppid() != self._parent or _is_broken(descriptor_of(sys.stdout)):
            discard_output()
            raise FatalRunError(READER_GONE.format(name=self._name))


def discard_output() -> None:
    """Let what is still to be written go nowhere, so that a broken pipe makes no noise at the end."""
    descriptor = descriptor_of(sys.stdout)
    if descriptor is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _is_broken(descriptor: int | None) -> bool:
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)  # a broken pipe is reported unasked
    return bool(poll.poll(0))
