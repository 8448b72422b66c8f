"""Plugins that run in the process of their tests: what they write, and signals that mean the same afterwards."""

import io
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def printed(work: Callable[[], object]) -> str:
    """What is written to stdout meanwhile, as text or as bytes."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        work()
    out.seek(0)
    return out.read()


@contextmanager
def signals_kept() -> Iterator[None]:
    """A target takes SIGINT and SIGTERM for itself; afterwards they are as before."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, action in before:
                signal.signal(number, action)
