"""Tables of pairs: read from the file, looked up in either direction."""

from dataclasses import dataclass
from typing import Any

from singer_rest import Findings, Node

from mapper_crosswalk.syntax.grammar import SHAPES, read_keys
from mapper_crosswalk.types.kinds import distinct


@dataclass(frozen=True, slots=True)
class Table:
    """Pairs of left and right value; `source` is the system.stream.path whose known values are on the left."""

    name: str
    line: int
    rows: tuple[tuple[Any, Any], ...]
    source: Node | None = None

    def lookup(self, *, reverse: bool = False) -> dict[Any, Any]:
        """Return the right by the left value, or `reverse`; the first match wins."""
        results: dict[Any, Any] = {}
        for left, right in self.rows:
            results.setdefault(*((right, left) if reverse else (left, right)))
        return results

    def equivalent(self, *, reverse: bool) -> tuple[tuple[Any, ...], ...]:
        """Return the groups of results that stand for one value on the other side."""
        groups: dict[Any, list[Any]] = {}
        for left, right in self.rows:
            key, result = (right, left) if reverse else (left, right)
            groups.setdefault(key, []).append(result)
        return tuple(group for results in groups.values() if len(group := distinct(results)) > 1)


def read_tables(node: Node | None, findings: Findings) -> dict[str, Table]:
    """Read the `tables` of a mapping."""
    return {name: _table(name, entry, findings) for name, entry in node.value.items()} if node else {}


def _table(name: str, node: Node, findings: Findings) -> Table:
    where = f"tables.{name}"
    keys = {"rows": node} if isinstance(node.value, list) else read_keys(node, SHAPES["table"], where, findings)
    if "rows" not in keys:
        return Table(name, node.line, ())
    entries = keys["rows"].value
    if not isinstance(entries, list) or not entries:
        findings.add(keys["rows"].line, where, "rows must be a list of [left, right] pairs")
        entries = []
    rows: list[tuple[Any, Any]] = []
    for entry in entries:
        pair = entry.plain()
        if problem := _problem(pair):
            findings.add(entry.line, where, problem)
            continue
        if (row := tuple(pair)) in rows:
            findings.add(entry.line, where, f"the row {pair} is written twice")
        rows.append(row)
    return Table(name, keys["rows"].line, tuple(rows), keys.get("source"))


def _problem(pair: Any) -> str | None:
    if not isinstance(pair, list) or len(pair) != 2 or any(isinstance(side, (list, dict)) for side in pair):
        return "a row is a [left, right] pair"
    return "a row can't hold null" if None in pair else None
