"""What an account really has: records of its stages, pipelines and fields narrow what a mapping may name."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.findings import Finding, MappingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mapper_crosswalk.kinds import Type
    from mapper_crosswalk.systems import System

CHOICES = {"stages": ("stageName", "boxStageName"), "pipelines": ("pipelineName",)}
MAPS = {"fields": ("fieldValues", "boxFieldValues")}


@dataclass(frozen=True, slots=True)
class Live:
    """The names of an account, by the stream that tells of them."""

    names: dict[str, tuple[str, ...]]

    def __str__(self) -> str:
        return ", ".join(f"{len(names)} {stream}" for stream, names in self.names.items())

    def narrow(self, systems: dict[str, System]) -> dict[str, System]:
        """Return the systems with the account's names in place of any name."""
        return {name: replace(system, streams=self._sides(system)) for name, system in systems.items()}

    def _sides(self, system: System) -> dict[str, dict[str, Type]]:
        return {
            side: {stream: self._stream(kind) for stream, kind in streams.items()}
            for side, streams in system.streams.items()
        }

    def _stream(self, kind: Type) -> Type:
        properties = dict(kind.properties or {})
        for stream, names in self.names.items():
            for name in CHOICES.get(stream, ()):
                if name in properties:
                    properties[name] = replace(properties[name], values=names, known=())
            for name in MAPS.get(stream, ()):
                if name in properties and (rest := properties[name].rest):
                    known = dict.fromkeys(names, rest.unsure())
                    properties[name] = replace(properties[name], properties=known, rest=None)
        return replace(kind, properties=properties) if properties else kind


def read_live(lines: Iterable[str]) -> Live:
    """Read Singer lines of a tap that reads stages, pipelines or fields. Raises MappingError when there are none."""
    found: dict[str, dict[str, None]] = {}
    for number, line in enumerate(lines, 1):
        message = _message(line.strip(), number)
        stream = message.get("stream")
        if message.get("type") == "RECORD" and stream in {*CHOICES, *MAPS}:
            found.setdefault(str(stream), {})[str(message["record"].get("name"))] = None
    if not found:
        raise _broken(1, "has no record of stages, pipelines or fields: are they selected in the tap?")
    return Live({stream: tuple(names) for stream, names in found.items()})


def _message(line: str, number: int) -> dict[str, Any]:
    try:
        message = json.loads(line or "{}")
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise _broken(number, "is no Singer message")
    return message


def _broken(line: int, what: str) -> MappingError:
    return MappingError([Finding("--live", line, "", what)])
