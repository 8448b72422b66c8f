"""YAML as plain values that know their line."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from mapper_crosswalk.syntax.findings import Findings

MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list of nodes or a dict of nodes, and the line where its key stands."""

    value: Any
    line: int

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def fingerprint(node: Node) -> str:
    """Return 12 hex digits that change when the content changes; comments and layout don't count."""
    text = json.dumps(node.plain(), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_document(path: Path) -> Node:
    """Read a YAML file. Raises MappingError with the line of what is broken."""
    findings = Findings(path.name)
    try:
        root = YAML(typ="rt").compose(path.read_text(encoding="utf-8"))
    except OSError as error:
        findings.add(1, "", f"can't be read: {error.strerror or error}")
    except UnicodeDecodeError:
        findings.add(1, "", "is not UTF-8 text")
    except YAMLError as error:
        findings.add(*_broken(error))
    else:
        if root is None:
            findings.add(1, "", "is empty")
    findings.stop_if_any()
    node = _node(root, root.start_mark.line + 1, findings, ())
    findings.stop_if_any()
    return node


def _broken(error: YAMLError) -> tuple[int, str, str]:
    if not isinstance(error, MarkedYAMLError):
        return 1, "", f"broken YAML: {str(error).splitlines()[0]}"
    mark = error.problem_mark or error.context_mark
    problem = ", ".join(str(part) for part in (error.problem, error.context) if part)
    return mark.line + 1 if mark else 1, "", f"broken YAML: {problem}"


def _node(node: Any, line: int, findings: Findings, above: tuple[int, ...]) -> Node:
    if id(node) in above:
        findings.add(line, "", "an alias that contains itself")
        return Node(None, line)
    above = (*above, id(node))
    if isinstance(node, SequenceNode):
        items = [_node(item, item.start_mark.line + 1, findings, above) for item in node.value]
        return Node(items, line)
    if isinstance(node, MappingNode):
        return Node(_entries(node, findings, above), line)
    return Node(_scalar(node), line)


def _entries(node: MappingNode, findings: Findings, above: tuple[int, ...]) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, ScalarNode) else ""
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


def _scalar(node: ScalarNode) -> Any:
    text = str(node.value)
    try:
        return _SCALARS.get(str(node.tag).rpartition(":")[2], str)(text)
    except (ValueError, InvalidOperation):
        return text


def _finite(text: str) -> Decimal:
    number = Decimal(text.replace("_", ""))
    if number.is_finite():
        return number
    raise ValueError(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": lambda text: int(text.replace("_", "")),
    "float": _finite,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _text: None,
}
