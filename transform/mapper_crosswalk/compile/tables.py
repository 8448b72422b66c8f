"""Tables of pairs: read from the file, looked up in either direction."""

from dataclasses import dataclass, field
from typing import Any

from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.findings import Findings
from mapper_crosswalk.syntax.grammar import TABLE, read_keys

PAIR = 2


@dataclass(frozen=True, slots=True)
class Table:
    """Pairs of left and right value; the first match wins in either direction."""

    name: str
    line: int
    rows: tuple[tuple[Any, Any], ...]
    source: str | None = None
    forward: dict[Any, Any] = field(default_factory=dict)
    backward: dict[Any, Any] = field(default_factory=dict)

    def side(self, *, reverse: bool) -> dict[Any, Any]:
        """Return the lookup of a direction."""
        return self.backward if reverse else self.forward

    def equivalent(self, *, reverse: bool) -> tuple[tuple[Any, ...], ...]:
        """Return the groups of results that stand for one value on the other side."""
        groups: dict[Any, list[Any]] = {}
        for left, right in self.rows:
            asked, given = (right, left) if reverse else (left, right)
            groups.setdefault(asked, []).append(given)
        distinct = (tuple(dict.fromkeys(group)) for group in groups.values())
        return tuple(group for group in distinct if len(group) > 1)


def read_tables(node: Node | None, findings: Findings) -> dict[str, Table]:
    """Read the `tables` of a mapping."""
    if node is None:
        return {}
    return {name: _table(name, entry, findings) for name, entry in node.value.items()}


def _table(name: str, node: Node, findings: Findings) -> Table:
    where = f"tables.{name}"
    if isinstance(node.value, list):
        return _with_rows(name, node, None, findings)
    keys = read_keys(node, TABLE, where, findings)
    source = keys["source"].value if "source" in keys else None
    return _with_rows(name, keys["rows"], source, findings) if "rows" in keys else Table(name, node.line, ())


def _with_rows(name: str, node: Node, source: str | None, findings: Findings) -> Table:
    rows = tuple(row for row in (_row(name, entry, findings) for entry in _listed(name, node, findings)) if row)
    seen: set[tuple[Any, Any]] = set()
    for entry, row in zip(node.value if isinstance(node.value, list) else (), rows, strict=False):
        if row in seen:
            findings.add(entry.line, f"tables.{name}", f"the row {list(row)} is written twice")
        seen.add(row)
    forward: dict[Any, Any] = {}
    backward: dict[Any, Any] = {}
    for left, right in rows:
        forward.setdefault(left, right)
        backward.setdefault(right, left)
    return Table(name, node.line, rows, source, forward, backward)


def _listed(name: str, node: Node, findings: Findings) -> list[Node]:
    if isinstance(node.value, list) and node.value:
        return node.value
    findings.add(node.line, f"tables.{name}", "rows must be a list of [left, right] pairs")
    return []


def _row(name: str, node: Node, findings: Findings) -> tuple[Any, Any] | None:
    pair = node.plain()
    if not isinstance(pair, list) or len(pair) != PAIR or any(isinstance(side, (list, dict)) for side in pair):
        findings.add(node.line, f"tables.{name}", "a row is a [left, right] pair")
        return None
    if None in pair:
        findings.add(node.line, f"tables.{name}", "a row can't hold null")
        return None
    return pair[0], pair[1]
