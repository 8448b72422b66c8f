"""SCHEMA messages without their records: what `check`, `setup` and `rebuild-links` read from stdin."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from select import select
from typing import Any

from singer_rest import FatalRunError

from target_streak.requirements import Requirements, requirements_of

SECONDS_TO_FIRST_LINE = 20.0


def read_requirements(lines: Iterable[str]) -> list[Requirements]:
    """What the SCHEMA messages among the lines require; the last one of a stream counts."""
    schemas: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(incoming(lines) if isinstance(lines, io.TextIOBase) else lines, 1):
        if '"SCHEMA"' in line:
            _keep_schema(schemas, number, line)
    return [requirements_of(stream, schema) for stream, schema in schemas.items()]


def incoming(stream: io.TextIOBase) -> Iterable[str]:
    """The lines of a file; none from a terminal, or from a pipe on which nothing comes for 20 s."""
    if stream.isatty():
        return ()
    try:
        ready, _, _ = select([stream], [], [], SECONDS_TO_FIRST_LINE)
    except (io.UnsupportedOperation, OSError):  # no file, or a system that waits for sockets only
        return stream
    return stream if ready else ()


def _keep_schema(schemas: dict[str, Mapping[str, Any]], number: int, line: str) -> None:
    try:
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            schemas[str(message["stream"])] = message["schema"]
    except (ValueError, KeyError, TypeError) as broken:
        raise FatalRunError(f"line {number} of the input is no Singer message") from broken
