"""One supervisor per folder."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from sync_console.settings import variable


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder, at most until the process is gone. ClickException that says who else holds it."""
    with _open(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f"{file.read() or 'it has only just begun'}; this one ends"
            raise click.ClickException(f"another supervisor keeps the pipelines running: {holder}") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC).isoformat()}")
        file.flush()
        yield


def _open(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "live.lock").open("a+")
    except OSError as error:
        reason = f"{folder} can't be written: {error.strerror or error}; {variable('live_folder')} names it"
        raise click.ClickException(reason) from None
