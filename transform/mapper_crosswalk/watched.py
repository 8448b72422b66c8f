"""What a flow with `on_change` watches: a path, and perhaps the only values that count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.findings import suggest
from mapper_crosswalk.grammar import CHANGE, read_keys
from mapper_crosswalk.kinds import accepts, of_literal
from mapper_crosswalk.paths import Path, parse_path
from mapper_crosswalk.scope import Value, pipe_from_text

if TYPE_CHECKING:
    from mapper_crosswalk.document import Node
    from mapper_crosswalk.flows import FlowSpec
    from mapper_crosswalk.scope import Scope


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


def compile_watched(spec: FlowSpec, scope: Scope) -> Watched | None:
    """Compile `on_change`: a path, or `{path: …, to: [values]}`."""
    node = spec.keys.get("on_change")
    if node is None:
        if "on_first" in spec.keys:
            scope.at("on_first").find(spec.keys["on_first"], "says nothing without on_change")
        return None
    inner = scope.at("on_change")
    keys = {"path": node} if isinstance(node.value, str) else read_keys(node, CHANGE, inner.where, scope.findings)
    if "path" not in keys:
        return None
    text = str(keys["path"].value)
    path = parse_path(text)
    if path is None:
        inner.find(keys["path"], f"'{text}' is no path")
        return None
    value = pipe_from_text(text, keys["path"], inner)
    to = _values(keys["to"], value, inner.at("to")) if "to" in keys else None
    return Watched(path, value, to, first=spec.flag("on_first"))


def _values(node: Node, value: Value, scope: Scope) -> frozenset[Any]:
    if not isinstance(node.value, list) or not node.value or any(not _is_scalar(item) for item in node.value):
        scope.find(node, "must be a list of values, as in [Won]")
        return frozenset()
    known = value.kind.known if value.kind.values is None else value.kind.values
    for item in node.value:
        if not accepts(value.kind.open(), of_literal(item.value)):
            scope.find(item, f"the watched value is {value.kind}, {item.value!r} is not")
        elif known and item.value not in known:
            names = [str(one) for one in known]
            scope.find(item, f"the watched value is never {item.value!r}{suggest(str(item.value), names)}")
    return frozenset(item.value for item in node.value)


def _is_scalar(node: Node) -> bool:
    return node.value is not None and not isinstance(node.value, (list, dict))
