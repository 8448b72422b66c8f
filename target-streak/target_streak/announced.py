"""SCHEMA messages without their records: what `--check` and `--setup` are told."""

from __future__ import annotations

import io
import json
from select import select
from typing import TYPE_CHECKING, Any

from singer_rest.errors import FatalRunError

from target_streak.needs import Needs, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS_TO_FIRST_LINE = 20.0


def announced(lines: Iterable[str]) -> list[Needs]:
    """Read SCHEMA messages and nothing else; the last one of a stream counts. A file that gives nothing has none."""
    schemas: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(incoming(lines) if isinstance(lines, io.TextIOBase) else lines, 1):
        if '"SCHEMA"' in line:
            _take_in(schemas, number, line)
    return [needs_of(stream, schema) for stream, schema in schemas.items()]


def incoming(stream: io.TextIOBase) -> Iterable[str]:
    """Give the lines of a file; none from a terminal, or from a pipe on which nothing comes for 20 s."""
    if stream.isatty():
        return ()
    try:
        ready, _, _ = select([stream], [], [], SECONDS_TO_FIRST_LINE)
    except (io.UnsupportedOperation, OSError):  # no file, or a system that waits for sockets only
        return stream
    return stream if ready else ()


def _take_in(schemas: dict[str, Mapping[str, Any]], number: int, line: str) -> None:
    try:
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            schemas[str(message["stream"])] = message["schema"]
    except (ValueError, KeyError, TypeError) as broken:
        raise FatalRunError(f"line {number} of the input is no Singer message") from broken
