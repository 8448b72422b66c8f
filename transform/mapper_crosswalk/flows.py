"""A flow: one kind of source record becomes one kind of target record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.conditions import ALWAYS, Condition, compile_condition
from mapper_crosswalk.dates import utc
from mapper_crosswalk.directives import compile_value, directive_of
from mapper_crosswalk.findings import Findings, suggest
from mapper_crosswalk.grammar import FLOW, SYNC, read_keys
from mapper_crosswalk.kinds import Type, accepts, of
from mapper_crosswalk.paths import UnmappableError, follow, implied, write_path
from mapper_crosswalk.properties import check_type, object_getter, property_type
from mapper_crosswalk.sayings import SAID, origin, sayings
from mapper_crosswalk.scope import Scope, Value, compile_pipe
from mapper_crosswalk.systems import SIDES, Stream, System, read_stream, stream_type
from mapper_crosswalk.templates import skeleton
from mapper_crosswalk.watched import Watched, compile_watched

if TYPE_CHECKING:
    from mapper_crosswalk.document import Node
    from mapper_crosswalk.transforms import Setup

Record = dict[str, Any]
Run = Callable[[Record, Record], Record | None]

ID = "externalId"
IDS = ("externalId", "ExternalId", "ExternalIds")
DELETED_AT = "_sdc_deleted_at"
DATES = Type(frozenset({"instant", "date"}))


@dataclass(frozen=True, slots=True)
class FlowSpec:
    """A flow as it is written, with the types that the schema folders give."""

    name: str
    node: Node
    keys: dict[str, Node]
    source: Stream
    target: Stream
    source_type: Type
    target_type: Type

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a true/false key."""
        return bool(self.keys[name].value) if name in self.keys else default

    @property
    def owns(self) -> bool:
        """Whether the flow owns the properties that it writes."""
        return self.flag("owns", default=True)


@dataclass(frozen=True, slots=True)
class Flow:
    """A compiled flow: `run` gives the record, None when `when` says no; `bury` gives a tombstone."""

    spec: FlowSpec
    fields: dict[str, Value]
    run: Run
    bury: Run
    sync: dict[str, dict[str, Any]] = field(default_factory=dict)

    def leaves(self) -> dict[str, Value]:
        """Return every property by path; those of an object literal one by one."""
        found: dict[str, Value] = {}
        for name, value in self.fields.items():
            inside = value.children or {}
            found |= {f"{name}.{child}": one for child, one in inside.items()} if inside else {name: value}
        return found


def read_flows(node: Node, systems: dict[str, System] | None, findings: Findings) -> list[FlowSpec]:
    """Read the `flows` of a mapping."""
    specs = [_spec(name, entry, systems, findings) for name, entry in node.value.items()]
    return [spec for spec in specs if spec is not None]


def _spec(name: str, node: Node, systems: dict[str, System] | None, findings: Findings) -> FlowSpec | None:
    keys = read_keys(node, FLOW, name, findings)
    streams: list[Stream] = []
    types: list[Type] = []
    for key, side in SIDES.items():
        stream = read_stream(keys[key].value) if key in keys else None
        if stream is not None:
            streams.append(stream)
            types.append(stream_type(stream, side, systems, findings.finder(keys[key].line, f"{name}.{key}")))
        elif key in keys:
            findings.add(keys[key].line, f"{name}.{key}", "must be system.stream, as in shop.orders")
    if len(streams) < len(SIDES) or "fields" not in keys:
        return None
    return FlowSpec(name, node, keys, streams[0], streams[1], types[0], types[1])


def compile_flow(spec: FlowSpec, source: Type, setup: Setup, findings: Findings, *, arriving: bool = False) -> Flow:
    """Compile a flow against a source type; `arriving` when it is that of a SCHEMA message."""
    scope = Scope(source, str(spec.source), setup, findings, spec.name, arriving=arriving, clear=spec.flag("clear"))
    watched = compile_watched(spec, scope)
    if watched is not None:
        scope = scope.knowing(frozenset(implied(watched.path)))
    condition = compile_condition(spec.keys["when"], scope.at("when")) if "when" in spec.keys else ALWAYS
    scope = scope.knowing(condition.present)
    dated = _dated(spec, scope)
    fields = _fields(spec, scope)
    _check_needed(spec, fields, scope)
    _check_id(spec, condition, scope)
    sync = _sync(spec, fields, scope)
    bury = _bury(spec, fields.get(ID))
    return Flow(spec, fields, _run(spec, fields, condition, dated, watched, _said(spec, sync)), bury, sync)


def _dated(spec: FlowSpec, scope: Scope) -> Value | None:
    node = spec.keys.get("dated")
    if node is None:
        return None
    value = compile_pipe(node, scope.at("dated"))
    if not accepts(DATES, value.kind):
        scope.at("dated").find(node, f"needs a date, '{node.value}' is {value.kind}; add '| instant'")
    zone = scope.setup.zone

    def get(record: Any) -> str | None:
        moment = value.get(record)
        return None if moment is None else utc(moment, zone)

    return Value(get)


def _fields(spec: FlowSpec, scope: Scope) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for name, node in spec.keys["fields"].value.items():
        inner = scope.at(name)
        wanted = of("string", nullable=True) if name == ID else property_type(name, node, spec.target_type, inner)
        inner = replace(inner, clear=scope.clear and name != ID, strict=name.endswith(IDS))
        fields[name] = compile_value(node, inner, wanted)
        check_type(fields[name], wanted, node, inner)
    return fields


def _check_needed(spec: FlowSpec, fields: dict[str, Value], scope: Scope) -> None:
    node = spec.keys["fields"]
    lacking = [name for name in (ID, *sorted(spec.target_type.required)) if name not in fields]
    if lacking:
        scope.find(node, f"{spec.target} needs {', '.join(dict.fromkeys(lacking))}")


def _check_id(spec: FlowSpec, condition: Condition, scope: Scope) -> None:
    """An id must be there in every case that `when` lets through."""
    node = spec.keys["fields"].value.get(ID)
    if node is None or scope.arriving or not scope.kind.properties:
        return
    for world in condition.worlds:
        quiet = replace(scope.knowing(world), findings=Findings(""), strict=True)
        value = compile_value(node, quiet)
        if value.kind.nullable and not quiet.findings.found:
            lacking = [path for path in value.paths if follow(path, quiet.kind, quiet.present).nullable]
            advice = f"; add to when: '{write_path(lacking[0])} exists'" if lacking else ""
            scope.at(ID).find(node, f"may be missing, and a record needs its id{advice}")
            return


def _sync(spec: FlowSpec, fields: dict[str, Value], scope: Scope) -> dict[str, dict[str, Any]]:
    node = spec.keys.get("sync")
    if node is None:
        return {}
    names = [*fields, *(f"{name}.{child}" for name, value in fields.items() for child in value.children or ())]
    found: dict[str, dict[str, Any]] = {}
    for path, entry in node.value.items():
        inner = scope.at("sync").at(path)
        if path not in names:
            inner.find(entry, f"the flow writes no '{path}'{suggest(path, names)}")
        keys = read_keys(entry, SYNC, inner.where, scope.findings)
        found[path] = {name: key.value for name, key in keys.items()}
        if (found[path].get("shared") or found[path].get("add_only")) and (
            made_of := origin(spec.keys["fields"], path)
        ):
            found[path]["of"] = ".".join(made_of)
    return found


def _said(spec: FlowSpec, sync: dict[str, dict[str, Any]]) -> Callable[[Record], Record] | None:
    origins = {name: origin(spec.keys["fields"], name) for name, entry in sync.items() if "of" in entry}
    return sayings({name: path for name, path in origins.items() if path}) if origins else None


def _run(  # noqa: PLR0913, PLR0917 - the parts of a flow
    spec: FlowSpec,
    fields: dict[str, Value],
    condition: Condition,
    dated: Value | None,
    watched: Watched | None,
    said: Callable[[Record], Record] | None,
) -> Run:
    build = object_getter(fields, clear=spec.flag("clear"))
    required = tuple(dict.fromkeys((ID, *sorted(spec.target_type.required))))
    test = None if condition is ALWAYS else condition.test

    def run(record: Record, source: Record) -> Record | None:
        if test is not None and not test(record):
            return None
        change = watched.change(record) if watched is not None else None
        if watched is not None and change is None:
            return None
        result: Record = build(record) or {}
        for name in required:
            if result.get(name) is None:
                raise UnmappableError(f"has no value, but {spec.target} needs it", name)
        result["_flow"] = spec.name
        result["_source"] = source if dated is None else {**source, "date": dated.get(record)}
        if said is not None:
            result[SAID] = said(record)
        if change is not None:
            result["_change"] = change
        return result

    return run


def _bury(spec: FlowSpec, value: Value | None) -> Run:
    """A tombstone goes only where the flow owns what it made; effects and side records stay."""

    def bury(record: Record, source: Record) -> Record | None:
        if not spec.owns or "on_change" in spec.keys or value is None:
            return None
        try:
            made = value.get(record)
        except Exception:  # noqa: BLE001 - a tombstone often has nothing but its key
            return None
        return made and {ID: made, "_flow": spec.name, "_source": source, DELETED_AT: record[DELETED_AT]}

    return bury


def id_skeleton(spec: FlowSpec) -> tuple[str, str]:
    """Return the fixed start and end of the ids that a flow makes; two flows that differ there never meet."""
    node = spec.keys["fields"].value.get(ID)
    if node is not None and isinstance(node.value, dict) and directive_of(node) == "template":
        try:
            return skeleton(str(node.value["template"].value))
        except ValueError:
            return "", ""
    return "", ""
