"""What the source itself says of the properties that both sides edit: targets compare it with what was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_crosswalk.kinds import ANYTHING
from mapper_crosswalk.paths import Getter, Path, getter, parse_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mapper_crosswalk.document import Node

    Record = dict[str, Any]

SAID = "_said"
ONE_OF = ("then", "else", "of", "each")
SEVERAL = ("first",)


def origin(fields: Node, path: str) -> Path | None:
    """The one property of the source that a property is made of; None when there is none, or more than one."""
    name, dot, child = path.partition(".")
    node = fields.value.get(name)
    if node is not None and dot:
        node = node.value.get(child) if isinstance(node.value, dict) else None
    found = set(_origins(node)) if node is not None else set()
    return found.pop() if len(found) == 1 else None


def _origins(node: Node) -> Iterator[Path]:
    """The paths in the places of values; those of conditions only decide."""
    if isinstance(node.value, str):
        pipe = parse_pipe(node.value)
        if pipe is not None:
            yield pipe.path
    elif isinstance(node.value, list):
        for item in node.value:
            yield from _origins(item)
    elif isinstance(node.value, dict):
        for name in (*ONE_OF, *SEVERAL):
            if name in node.value:
                yield from _origins(node.value[name])


def sayings(origins: Mapping[str, Path]) -> Callable[[Record], Record]:
    """Make the function that gives what a record says, by the property of the target."""
    gets: list[tuple[str, Getter]] = [(name, getter(path, ANYTHING)) for name, path in origins.items()]

    def said(record: Record) -> Record:
        return {name: get(record) for name, get in gets}

    return said
