"""The names of a real account: its stages, pipelines and fields narrow what a mapping may name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from singer_rest import DocumentError, Finding

from mapper_crosswalk.types.kinds import Type
from mapper_crosswalk.types.systems import Systems

CHOICES = {"stages": ("stageName", "boxStageName"), "pipelines": ("pipelineName",)}
MAPS = {"fields": ("fieldValues", "boxFieldValues")}


@dataclass(frozen=True, slots=True)
class Live:
    """The names of an account, by the stream whose records have them."""

    names: dict[str, tuple[str, ...]]

    def __str__(self) -> str:
        return ", ".join(f"{len(names)} {stream}" for stream, names in self.names.items())

    def narrow(self, systems: Systems) -> Systems:
        """Return the systems with the account's names in place of any name."""
        return {
            name: {
                side: {stream: self._stream(kind) for stream, kind in kinds.items()} for side, kinds in system.items()
            }
            for name, system in systems.items()
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
    """Read Singer lines of a tap that reads stages, pipelines or fields. Raises DocumentError when there are none."""
    names: dict[str, dict[str, None]] = {}
    for number, line in enumerate(lines, 1):
        try:
            message = msgspec.json.decode(line.strip() or "{}", type=dict[str, Any])
        except msgspec.DecodeError:
            raise DocumentError([Finding("--live", number, "", "is no Singer message")]) from None
        stream = message.get("stream")
        if message.get("type") == "RECORD" and stream in {*CHOICES, *MAPS}:
            names.setdefault(str(stream), {})[str(message["record"].get("name"))] = None
    if not names:
        what = "has no record of stages, pipelines or fields: are they selected in the tap?"
        raise DocumentError([Finding("--live", 1, "", what)])
    return Live({stream: tuple(distinct) for stream, distinct in names.items()})
