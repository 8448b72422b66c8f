"""A wait ends at once, what is being written is finished first."""

from __future__ import annotations

import os
import sys

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.plugin.shutdown import Shutdown, ShutdownRequested


def test_a_request_leaves_a_wait_at_once() -> None:
    shutdown = Shutdown("tap")
    with pytest.raises(ShutdownRequested), shutdown.waiting():
        shutdown.request()


def test_a_request_while_writing_comes_with_the_next_wait() -> None:
    shutdown = Shutdown("tap")
    shutdown.request()
    assert shutdown.requested
    with pytest.raises(ShutdownRequested), shutdown.waiting():
        pytest.fail("nobody waits any more")


def test_a_second_request_does_not_break_the_end() -> None:
    shutdown = Shutdown("tap")
    with pytest.raises(ShutdownRequested), shutdown.waiting():
        shutdown.request()
    shutdown.request()


def test_a_reader_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        shutdown = Shutdown("tap-x")
        shutdown.check_reader()
        os.close(read)
        with pytest.raises(FatalRunError, match="Nobody reads what tap-x writes"):
            shutdown.check_reader()
        stdout.write("goes nowhere, without a broken pipe")
        stdout.flush()


def test_a_parent_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shutdown = Shutdown("tap-x")
    monkeypatch.setattr("os.getppid", lambda: 1 << 30)
    monkeypatch.setattr("singer_rest.plugin.shutdown.discard_output", lambda: None)
    with pytest.raises(FatalRunError, match="Nobody reads"):
        shutdown.check_reader()
