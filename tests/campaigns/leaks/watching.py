"""What others on the machine can see while a run lasts."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOMENT = 0.05
Seen = TypeVar("Seen")


@contextmanager
def watching(look: Callable[[], Iterable[Seen]]) -> Iterator[set[Seen]]:
    """Collect what `look` gives while the block runs."""
    seen: set[Seen] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(MOMENT):
            seen.update(look())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def command_lines() -> Iterator[str]:
    """Give what `ps` shows of all processes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
