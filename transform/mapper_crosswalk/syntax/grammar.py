"""The keys of a mapping file: declared once, for the loader and for the JSON Schema that editors use."""

from dataclasses import dataclass
from typing import Any

from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.findings import Findings, near, suggest


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: `takes` is text, flag, pipe, value, condition …, or `map of <shape>`."""

    name: str
    takes: str
    about: str
    required: bool = False
    choices: tuple[Any, ...] = ()


MAPPING = (
    Key("version", "integer", "Version of the format.", required=True, choices=(1,)),
    Key("timezone", "text", "Time zone of dates such as next_working_day; UTC when left out."),
    Key("unmapped_streams", "text", "What happens to streams without a flow.", choices=("drop", "pass")),
    Key("systems", "map of system", "The systems, by the name that flows use, and where their JSON Schemas are."),
    Key("tables", "map of table", "Named tables of pairs, used in either direction."),
    Key("flows", "map of flow", "The flows, in the order in which their records are written.", required=True),
)
SYSTEM = (
    Key("tap", "text", "Folder with <stream>.json of the system's tap, relative to this file."),
    Key("target", "text", "Folder with <stream>.json of the system's target, relative to this file."),
)
TABLE = (
    Key("rows", "rows", "Pairs of left and right value; the first match wins in either direction.", required=True),
    Key("source", "text", "system.stream.path whose known values the left side must cover."),
)
FLOW = (
    Key("about", "text", "What the flow is for."),
    Key("from", "text", "system.stream that is read.", required=True),
    Key("to", "text", "system.stream that is written.", required=True),
    Key("when", "condition", "Only records for which this holds; a list means all."),
    Key("owns", "flag", "false: the flow only creates, another flow owns the stream's properties."),
    Key("clear", "flag", "true: a missing value is sent as null."),
    Key("dated", "pipe", "The date that the record belongs to."),
    Key("on_change", "watched", "Path of the watched value, or {path, to}: an effect is made when it changes."),
    Key("on_first", "flag", "true: the effect is made at first sight too."),
    Key("sync", "map of sync", "What the target needs to know, by property path."),
    Key("fields", "map of value", "The target's properties and where their values come from.", required=True),
)
CHANGE = (
    Key("path", "text", "Path of the watched value.", required=True),
    Key("to", "literals", "The effect is made when the new value is one of these; any other is only remembered."),
)
SYNC = (
    Key("shared", "flag", "People edit this property at the target too."),
    Key("owner", "text", "Who wins when both sides changed it.", choices=("source", "target")),
    Key("create_only", "flag", "Written when the record is made, never after."),
    Key("add_only", "flag", "Values are added to what is there, never removed."),
    Key("identity", "flag", "The property that carries the source's id."),
    Key("field_type", "text", "The target's type for a custom field that has to be made."),
)
DIRECTIVES = {
    "const": (Key("const", "any", "A fixed value; null is sent as null.", required=True),),
    "template": (Key("template", "text", "Text with {path | transform} places.", required=True),),
    "first": (Key("first", "values", "The first of these values that is there.", required=True),),
    "table": (
        Key("table", "text", "Name of a table.", required=True),
        Key("of", "pipe", "The value that is looked up.", required=True),
        Key("reverse", "flag", "Look up on the right, give the left."),
        Key("else", "any", "The value without a row; without it the record is rejected."),
    ),
    "each": (
        Key("each", "pipe", "A list of the record.", required=True),
        Key("do", "value", "What becomes of each item; paths start at the item.", required=True),
    ),
    "join": (
        Key("join", "value", "A list of texts.", required=True),
        Key("with", "text", "What stands between them.", required=True),
    ),
    "when": (
        Key("when", "condition", "What decides.", required=True),
        Key("then", "value", "The value when it holds.", required=True),
        Key("else", "value", "The value when it doesn't; missing when left out."),
    ),
}
SHAPES = {"mapping": MAPPING, "system": SYSTEM, "table": TABLE, "flow": FLOW, "change": CHANGE, "sync": SYNC}
PLAIN: dict[str, tuple[type, ...]] = {"text": (str,), "flag": (bool,), "integer": (int,), "pipe": (str,)}


def read_keys(node: Node, keys: tuple[Key, ...], where: str, findings: Findings) -> dict[str, Node]:
    """Return the entries that are as declared; what is not becomes a finding."""
    if not isinstance(node.value, dict):
        findings.add(node.line, where, f"must be a mapping with {', '.join(key.name for key in keys)}")
        return {}
    declared = {key.name: key for key in keys}
    good: dict[str, Node] = {}
    for name, entry in node.value.items():
        if name not in declared:
            findings.add(entry.line, where, f"unknown key '{name}'{suggest(name, declared)}")
        elif problem := _problem(declared[name], entry):
            findings.add(entry.line, where, f"{name} {problem}")
        else:
            good[name] = entry
    for key in keys:
        if key.required and key.name not in node.value:
            findings.add(node.line, where, f"'{key.name}' is missing")
    return good


def directive_of(node: Node) -> str | None:
    """Return the name of the directive that a mapping is, None when it is an object."""
    for name, keys in DIRECTIVES.items():
        if name in node.value and (len(node.value) == 1 or any(key.name in node.value for key in keys[1:])):
            return name
    return next((name for name in DIRECTIVES if name in node.value and len(node.value) <= len(DIRECTIVES[name])), None)


def _problem(key: Key, node: Node) -> str | None:
    kinds = PLAIN.get(key.takes)
    value = node.value
    if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        wanted = {"flag": "true or false", "pipe": "a path"}.get(key.takes, f"a {key.takes}")
        return f"must be {wanted}"
    if key.choices and value not in key.choices:
        choices = [str(choice) for choice in key.choices]
        meant = near(str(value), choices)
        return f"must be {' or '.join(choices)}" + (f", did you mean '{meant}'?" if meant else "")
    if key.takes.startswith("map of") and not isinstance(value, dict):
        return "must be a mapping of names"
    return None
