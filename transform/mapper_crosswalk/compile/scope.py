"""Where a value is compiled, and what a compiled value is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from singer_rest import Findings, Node

from mapper_crosswalk.compile.transforms import Setup
from mapper_crosswalk.syntax.expressions import Path
from mapper_crosswalk.types.kinds import ANYTHING, Type
from mapper_crosswalk.types.paths import Getter

NULL = object()  # a null that is meant, where None means missing


@dataclass(frozen=True, slots=True)
class Scope:
    """The record's type and the paths known to have a value, the place in the file, and where findings go."""

    kind: Type
    stream: str
    setup: Setup
    findings: Findings
    where: str
    present: frozenset[Path] = frozenset()
    arriving: bool = False
    clear: bool = False
    strict: bool = False

    def at(self, name: str) -> "Scope":
        """Return the scope of a part."""
        return replace(self, where=f"{self.where}.{name}" if self.where else name)

    def item(self, index: int) -> "Scope":
        """Return the scope of an item of a list in the file."""
        return replace(self, where=f"{self.where}[{index}]")

    def knowing(self, paths: frozenset[Path]) -> "Scope":
        """Return the scope where these paths have a value."""
        return replace(self, present=self.present | paths)

    def inside(self, kind: Type, name: str) -> "Scope":
        """Return the scope of the items of a record's list."""
        return replace(self, kind=kind, stream=f"{self.stream}.{name}", present=frozenset(), clear=False)

    def note(self, node: Node, what: str) -> None:
        """Note a mistake at a node."""
        self.findings.add(node.line, self.where, what)


@dataclass(frozen=True, slots=True)
class Value:
    """A compiled value: `get` returns None when missing, NULL for a null that is meant.

    `paths` are those that it reads, `origins` those whose value it carries over. `plain` is a property that is only
    copied, and the Python types that fit: the fast path of objects.
    """

    get: Getter
    kind: Type = ANYTHING
    equivalent: tuple[tuple[Any, ...], ...] = ()
    null: bool = False
    children: Mapping[str, "Value"] | None = None
    paths: tuple[Path, ...] = ()
    origins: tuple[Path, ...] = ()
    plain: tuple[str, frozenset[type]] | None = None


def nothing(_record: Any) -> None:
    """Stand in for a value that has a finding."""


BROKEN = Value(nothing)
