"""What a flow with `on_change` watches: a path, and perhaps the only values that count."""

from dataclasses import dataclass
from types import NoneType
from typing import Any

from mapper_crosswalk.compile.pipes import pipe_from_text
from mapper_crosswalk.compile.scope import Scope, Value
from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.findings import suggest
from mapper_crosswalk.syntax.grammar import SHAPES, read_keys
from mapper_crosswalk.syntax.paths import Path, parse_path
from mapper_crosswalk.types.kinds import accepts, of_literal


@dataclass(frozen=True, slots=True)
class Watched:
    """The watched value; with `to`, a change to anything else is only remembered."""

    path: Path
    value: Value
    to: frozenset[Any] | None = None
    first: bool = False

    def change(self, record: Any) -> dict[str, Any] | None:
        """Return what the target needs to know of the value, None without one."""
        value = self.value.get(record)
        if value is None:
            return None
        change = {"path": ".".join(self.path), "value": value}
        if self.to is not None and value not in self.to:
            return {**change, "remember": True}
        return {**change, "first": True} if self.first else change


def compile_watched(flow: dict[str, Node], scope: Scope) -> Watched | None:
    """Compile a flow's `on_change` (a path, or `{path: …, to: [values]}`) and `on_first`."""
    node, first = flow.get("on_change"), flow.get("on_first")
    if node is None:
        if first is not None:
            scope.at("on_first").note(first, "says nothing without on_change")
        return None
    inner = scope.at("on_change")
    keys = (
        {"path": node}
        if isinstance(node.value, str)
        else read_keys(node, SHAPES["change"], inner.where, scope.findings)
    )
    if "path" not in keys:
        return None
    text = str(keys["path"].value)
    path = parse_path(text)
    if path is None:
        inner.note(keys["path"], f"'{text}' is no path")
        return None
    value = pipe_from_text(text, keys["path"], inner)
    to = _values(keys["to"], value, inner.at("to")) if "to" in keys else None
    return Watched(path, value, to, first=first is not None and first.value)


def _values(node: Node, value: Value, scope: Scope) -> frozenset[Any]:
    if (
        not isinstance(node.value, list)
        or not node.value
        or any(isinstance(item.value, (list, dict, NoneType)) for item in node.value)
    ):
        scope.note(node, "must be a list of values, as in [Won]")
        return frozenset()
    known = value.kind.known if value.kind.values is None else value.kind.values
    for item in node.value:
        if not accepts(value.kind.open(), of_literal(item.value)):
            scope.note(item, f"the watched value is {value.kind}, {item.value!r} is not")
        elif known and item.value not in known:
            hint = suggest(str(item.value), [str(value) for value in known])
            scope.note(item, f"the watched value is never {item.value!r}{hint}")
    return frozenset(item.value for item in node.value)
