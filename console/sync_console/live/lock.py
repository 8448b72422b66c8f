"""One supervisor per folder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

import click

from sync_console.settings import variable

if TYPE_CHECKING:
    from pathlib import Path


def hold(folder: Path) -> TextIO:
    """Lock the folder until the file is closed or the process is gone. ClickException with who has it already."""
    file = _open(folder)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise click.ClickException(f"another supervisor keeps the pipelines running: {_holder(file.read())}") from None
    file.truncate(0)
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
    file.write(json.dumps(holder))
    file.flush()
    return file


def _open(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "live.lock").open("a+")
    except OSError as error:
        told = f"{folder} can't be written: {error.strerror or error}; {variable('live_folder')} names it"
        raise click.ClickException(told) from None


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']}; this one ends"
    except (ValueError, KeyError, TypeError):
        return "it has only just begun; this one ends"
