"""YAML as plain values that know their line, whichever library composes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from singer_rest.plugin.findings import Findings

MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list of nodes or a dict of nodes, and the line where its key stands."""

    value: Any
    line: int

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read_document(path: Path, compose: Callable[[str], Any], broken: type[Exception]) -> Node:
    """Read a YAML file with what a library has for its tree of nodes, and for YAML that is `broken`.

    Raises DocumentError with the line of what is wrong.
    """
    findings = Findings(path.name)
    try:
        root = compose(path.read_text(encoding="utf-8"))
    except OSError as error:
        findings.add(1, "", f"can't be read: {error.strerror or error}")
    except UnicodeDecodeError:
        findings.add(1, "", "is not UTF-8 text")
    except broken as error:
        findings.add(*_broken(error))
    else:
        if root is None:
            findings.add(1, "", "is empty")
    findings.stop_if_any()
    node = _node(root, root.start_mark.line + 1, findings, ())
    findings.stop_if_any()
    return node


def _broken(error: Any) -> tuple[int, str, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "problem", None), getattr(error, "context", None))
    problem = ", ".join(str(part) for part in parts if part) or str(error).splitlines()[0]
    return mark.line + 1 if mark else 1, "", f"broken YAML: {problem}"


def _node(node: Any, line: int, findings: Findings, above: tuple[int, ...]) -> Node:
    if id(node) in above:
        findings.add(line, "", "an alias that contains itself")
        return Node(None, line)
    above = (*above, id(node))
    if node.id == "sequence":
        items = [_node(item, item.start_mark.line + 1, findings, above) for item in node.value]
        return Node(items, line)
    if node.id == "mapping":
        return Node(_entries(node, findings, above), line)
    return Node(_scalar(node), line)


def _entries(node: Any, findings: Findings, above: tuple[int, ...]) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if key.id == "scalar" else ""
        if name == MERGE:
            merged = {**_merged(value, line, findings, above), **merged}
        elif not name:
            findings.add(line, "", "a key must be a plain text")
        elif name in entries:
            findings.add(line, "", f"'{name}' is written twice (first at line {entries[name].line})")
        else:
            entries[name] = _node(value, line, findings, above)
    return {**merged, **entries}


def _merged(node: Any, line: int, findings: Findings, above: tuple[int, ...]) -> dict[str, Node]:
    value = _node(node, line, findings, above).value
    if isinstance(value, dict):
        return value
    findings.add(line, "", f"'{MERGE}' takes a mapping")
    return {}


def _scalar(node: Any) -> Any:
    text = str(node.value)
    try:
        return _SCALARS.get(str(node.tag).rpartition(":")[2], str)(text)
    except (KeyError, ValueError, InvalidOperation):
        return text


def _finite(text: str) -> Decimal:
    number = Decimal(text.replace("_", ""))
    if number.is_finite():
        return number
    raise ValueError(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": lambda text: int(text.replace("_", "")),
    "float": _finite,
    # yes, no, on and off are texts, as YAML 1.2 has it
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "null": lambda _text: None,
}
