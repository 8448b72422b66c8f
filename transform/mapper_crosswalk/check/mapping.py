"""A mapping file, read and checked: all its mistakes are found in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from singer_rest import Findings, Node, suggest

from mapper_crosswalk.check.live import Live
from mapper_crosswalk.compile.flows import ID, Flow, FlowSpec, compile_flow, read_flows
from mapper_crosswalk.compile.tables import Table, read_tables
from mapper_crosswalk.compile.transforms import TRANSFORMS, Setup
from mapper_crosswalk.syntax.document import fingerprint, read_document
from mapper_crosswalk.syntax.expressions import parse_path, split_template
from mapper_crosswalk.syntax.grammar import FORMAT, SHAPES, directive_of, read_keys
from mapper_crosswalk.types.kinds import Type
from mapper_crosswalk.types.paths import UnknownPathError, follow
from mapper_crosswalk.types.systems import Stream, Systems, read_systems, stream_type

NAMED = 4


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file without mistakes: its flows as they are written (`specs`) and compiled, by name."""

    file: str
    fingerprint: str
    setup: Setup
    unmapped_streams: str
    specs: tuple[FlowSpec, ...]
    flows: dict[str, Flow]

    def reading(self, stream: str) -> list[FlowSpec]:
        """Return the flows that read a stream, in the file's order."""
        return [spec for spec in self.specs if spec.source.name == stream]

    def compile(self, spec: FlowSpec, source: Type) -> Flow:
        """Compile a flow against the schema that arrived. Raises DocumentError when they don't fit."""
        findings = Findings(self.file)
        flow = compile_flow(spec, source, self.setup, findings, arriving=True)
        findings.stop_if_any()
        return flow


def load_mapping(path: Path, live: Live | None = None) -> Mapping:
    """Read and check a mapping file, also against what is `live`. Raises DocumentError with all that is wrong."""
    document = read_document(path)
    findings = Findings(path.name)
    keys = read_keys(document, FORMAT, "", findings)
    systems = read_systems(keys.get("systems"), path.parent, findings)
    if live is not None and systems is not None:
        systems = live.narrow(systems)
    tables = read_tables(keys.get("tables"), findings)
    setup = Setup(_zone(keys.get("timezone"), findings), tables)
    specs = read_flows(keys["flows"], systems, findings) if "flows" in keys else []
    flows = [compile_flow(spec, spec.source_type, setup, findings) for spec in specs]
    for table in tables.values():
        if table.source is not None and systems is not None:
            _check_source(table, table.source, systems, findings)
    _check_sources(specs, findings)
    _check_ownership(flows, findings)
    _check_sync(flows, findings)
    findings.stop_if_any()
    unmapped = keys["unmapped_streams"].value if "unmapped_streams" in keys else "drop"
    by_name = {flow.spec.name: flow for flow in flows}
    return Mapping(path.name, fingerprint(document), setup, unmapped, tuple(specs), by_name)


def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of mapping files for editors: the one that they are read by, with all transforms."""
    pattern = rf"^[^|]+(\|\s*({'|'.join(sorted(TRANSFORMS))})\s*(:.*)?)*$"
    pipe = {"type": "string", "pattern": pattern, "description": _transform_help()}
    return {**FORMAT, "definitions": {**SHAPES, "pipe": pipe}}


def _transform_help() -> str:
    lines = ["path | transform | transform:argument"]
    for name, transform in TRANSFORMS.items():
        argument = f":{transform.argument}" if transform.argument else ""
        lines.append(f"{name}{f'[{argument}]' if transform.optional else argument} – {transform.about}")
    return "\n".join(lines)


def _zone(node: Node | None, findings: Findings) -> ZoneInfo:
    if node is None:
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(node.value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggest(node.value, available_timezones())
        findings.add(node.line, "timezone", f"unknown time zone '{node.value}'{hint}")
    return ZoneInfo("UTC")


def _check_sources(specs: list[FlowSpec], findings: Findings) -> None:
    """A stream's name is all that arrives: two systems can't have the same one."""
    systems: dict[str, str] = {}
    for spec in specs:
        system = systems.setdefault(spec.source.name, spec.source.system)
        if system != spec.source.system:
            what = f"stream '{spec.source.name}' is read from {system} too; the mapper can't tell them apart"
            findings.add(spec.keys["from"].line, f"{spec.name}.from", what)


def _check_source(table: Table, node: Node, systems: Systems, findings: Findings) -> None:
    where = f"tables.{table.name}.source"
    path = parse_path(node.value)
    if path is None or len(path) < 3:
        findings.add(node.line, where, "must be system.stream.path, as in shop.orders.status")
        return
    stream = Stream(path[0], path[1])
    kind = stream_type(stream, "tap", systems, partial(findings.add, node.line, where))
    try:
        known = follow(path[2:], kind).known
    except UnknownPathError as error:
        findings.add(node.line, where, error.describe(str(stream)))
        return
    rows = table.lookup()
    missing = [str(value) for value in known if value not in rows]
    if missing:
        findings.add(node.line, where, f"the table has no row for {', '.join(missing)}")


def _check_ownership(flows: Sequence[Flow], findings: Findings) -> None:
    """Every property of a target's records has one flow that owns it."""
    owners = [flow for flow in flows if flow.spec.owns]
    for first, second in combinations(owners, 2):
        if first.spec.target != second.spec.target or _never_meet(first.spec, second.spec):
            continue
        both = [path for path in second.leaves() if path != ID and path in first.leaves()]
        if both:
            named = ", ".join(both[:NAMED]) + (" …" if len(both) > NAMED else "")
            too = f"as flow '{first.spec.name}' does (line {first.spec.node.line}); say owns: false in one of them"
            findings.add(second.spec.node.line, second.spec.name, f"owns {named} of {second.spec.target}, {too}")


def _never_meet(first: FlowSpec, second: FlowSpec) -> bool:
    """Whether the ids of two flows always differ, because their templates begin or end differently."""
    (start, end), (other_start, other_end) = _id_ends(first), _id_ends(second)
    same_start = start.startswith(other_start) or other_start.startswith(start)
    same_end = end.endswith(other_end) or other_end.endswith(end)
    return not (same_start and same_end)


def _id_ends(spec: FlowSpec) -> tuple[str, str]:
    node = spec.keys["fields"].value.get(ID)
    if node is None or not isinstance(node.value, dict) or directive_of(node) != "template":
        return "", ""
    try:
        literals, _ = split_template(str(node.value["template"].value))
    except ValueError:
        return "", ""
    return literals[0], literals[-1]


def _check_sync(flows: Sequence[Flow], findings: Findings) -> None:
    """Note flows that say different things about one property."""
    firsts: dict[tuple[str, str, str], tuple[Any, str]] = {}
    for flow in flows:
        for path, entry in flow.sync.items():
            for name, value in entry.items():
                first, named = firsts.setdefault((str(flow.spec.target), path, name), (value, flow.spec.name))
                if first != value:
                    line = flow.spec.keys["sync"].value[path].line
                    what = f"{name} is {first} in flow '{named}', here it is {value}"
                    findings.add(line, f"{flow.spec.name}.sync.{path}", what)
