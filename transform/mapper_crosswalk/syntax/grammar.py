"""The keys of a mapping file: declared once, as the JSON Schema that editors use, and read by it."""

import json
from pathlib import Path
from typing import Any

from singer_rest import Findings, Node, near, suggest

Shape = dict[str, Any]  # the JSON Schema of a mapping: `properties` are its keys

FORMAT: Shape = json.loads(Path(__file__).with_name("mapping.schema.json").read_text("utf-8"))
SHAPES: dict[str, Shape] = FORMAT["definitions"]
DIRECTIVES = {name.removesuffix(" directive"): shape for name, shape in SHAPES.items() if name.endswith(" directive")}
CHECKED = {
    "string": (str, "a text"),
    "boolean": (bool, "true or false"),
    "integer": (int, "an integer"),
    "object": (dict, "a mapping of names"),
    "#/definitions/pipe": (str, "a path"),
}


def read_keys(node: Node, shape: Shape, where: str, findings: Findings) -> dict[str, Node]:
    """Return the entries that are as declared; what is not becomes a finding."""
    keys: dict[str, Shape] = shape["properties"]
    if not isinstance(node.value, dict):
        findings.add(node.line, where, f"must be a mapping with {', '.join(keys)}")
        return {}
    good: dict[str, Node] = {}
    for name, entry in node.value.items():
        if name not in keys:
            findings.add(entry.line, where, f"unknown key '{name}'{suggest(name, keys)}")
        elif problem := _problem(keys[name], entry.value):
            findings.add(entry.line, where, f"{name} must be {problem}")
        else:
            good[name] = entry
    for name in shape.get("required", ()):
        if name not in node.value:
            findings.add(node.line, where, f"'{name}' is missing")
    return good


def directive_of(node: Node) -> str | None:
    """Return the name of the directive that a mapping is, None when it is an object."""
    named = {name: shape["properties"].keys() for name, shape in DIRECTIVES.items() if name in node.value}
    for name, keys in named.items():
        if len(node.value) == 1 or node.value.keys() & (keys - {name}):
            return name
    return next((name for name, keys in named.items() if len(node.value) <= len(keys)), None)


def _problem(key: Shape, value: Any) -> str | None:
    kind, wanted = CHECKED.get(str(key.get("type", key.get("$ref"))), (None, ""))
    if kind and type(value) is not kind:
        return wanted
    if value in key.get("enum", [value]):
        return None
    choices = [str(choice) for choice in key["enum"]]
    meant = near(str(value), choices)
    return " or ".join(choices) + (f", did you mean '{meant}'?" if meant else "")
