"""The two systems of a mapping, and the JSON Schemas of their streams."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from singer_rest import Findings, Node, suggest

from mapper_crosswalk.syntax.grammar import SHAPES, read_keys
from mapper_crosswalk.types.kinds import ANYTHING, Type, from_schema

SIDES = {"from": "tap", "to": "target"}


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a system, as `clarity.orders`."""

    system: str
    name: str

    def __str__(self) -> str:
        return f"{self.system}.{self.name}"


Systems = dict[str, dict[str, dict[str, Type]]]


def read_systems(node: Node | None, folder: Path, findings: Findings) -> Systems | None:
    """Read the `systems` of a mapping: record types by system, side (tap, target) and stream; None without any."""
    if node is None:
        return None
    return {name: _system(name, entry, folder, findings) for name, entry in node.value.items()}


def _system(name: str, node: Node, folder: Path, findings: Findings) -> dict[str, dict[str, Type]]:
    where = f"systems.{name}"
    streams: dict[str, dict[str, Type]] = {}
    for side, entry in read_keys(node, SHAPES["system"], where, findings).items():
        schemas = Path(folder, entry.value)
        if not schemas.is_dir():
            findings.add(entry.line, f"{where}.{side}", f"there is no folder {entry.value}")
            continue
        streams[side] = {}
        for file in sorted(schemas.glob("*.json")):
            try:
                streams[side][file.stem] = from_schema(json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError):
                findings.add(entry.line, f"{where}.{side}", f"{file.name} is no JSON Schema")
    return streams


def read_stream(text: str) -> Stream | None:
    """Read `system.stream`."""
    system, dot, name = text.partition(".")
    return Stream(system, name) if dot and system and name and "." not in name else None


def stream_type(stream: Stream, side: str, systems: Systems | None, note: Callable[[str], None]) -> Type:
    """Return the type of a stream's records; an unknown system or stream is a finding."""
    if systems is None:
        return ANYTHING
    known = systems.get(stream.system, {}).get(side)
    if stream.system not in systems:
        note(f"unknown system '{stream.system}'{suggest(stream.system, systems)}")
    elif known is not None and stream.name not in known:
        note(f"{side} of {stream.system} has no stream '{stream.name}'{suggest(stream.name, known)}")
    return (known or {}).get(stream.name, ANYTHING)
