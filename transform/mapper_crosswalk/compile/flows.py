"""A flow: one kind of source record becomes one kind of target record, perhaps only when a watched value changes."""

from dataclasses import dataclass, replace
from functools import partial
from types import NoneType
from typing import Any

from singer_rest import Findings, Node, suggest

from mapper_crosswalk.compile.conditions import ALWAYS, Condition, Test, compile_condition
from mapper_crosswalk.compile.pipes import compile_pipe, pipe_from_text
from mapper_crosswalk.compile.scope import Scope, Value
from mapper_crosswalk.compile.transforms import DATES, Setup
from mapper_crosswalk.compile.values import check_type, compile_value, object_getter, property_type
from mapper_crosswalk.syntax.expressions import Path, implied, parse_path, write_path
from mapper_crosswalk.syntax.grammar import SHAPES, read_keys
from mapper_crosswalk.types.kinds import ANYTHING, Type, accepts, of, of_literal
from mapper_crosswalk.types.paths import Getter, follow, getter
from mapper_crosswalk.types.systems import SIDES, Stream, Systems, read_stream, stream_type
from mapper_crosswalk.values.dates import utc
from mapper_crosswalk.values.unmappable import UnmappableError

Record = dict[str, Any]

ID = "externalId"
IDS = ("externalId", "ExternalId", "ExternalIds")
DELETED_AT = "_sdc_deleted_at"
SOURCE_VALUES = "_said"


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
    keys = {"path": node}
    if not isinstance(node.value, str):
        keys = read_keys(node, SHAPES["change"], inner.where, scope.findings)
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
    items = node.value if isinstance(node.value, list) else []
    if not items or any(isinstance(item.value, (list, dict, NoneType)) for item in items):
        scope.note(node, "must be a list of values, as in [Won]")
        return frozenset()
    known = value.kind.known if value.kind.values is None else value.kind.values
    for item in items:
        if not accepts(value.kind.open(), of_literal(item.value)):
            scope.note(item, f"the watched value is {value.kind}, {item.value!r} is not")
        elif known and item.value not in known:
            hint = suggest(str(item.value), [str(value) for value in known])
            scope.note(item, f"the watched value is never {item.value!r}{hint}")
    return frozenset(item.value for item in items)


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

    @property
    def required(self) -> tuple[str, ...]:
        """The properties without which the target takes no record."""
        return tuple(dict.fromkeys((ID, *sorted(self.target_type.required))))


@dataclass(frozen=True, slots=True)
class Flow:
    """A compiled flow: its values by path, what the target needs to know of them, and how a record is made."""

    spec: FlowSpec
    fields: dict[str, Value]
    values: dict[str, Value]
    sync: dict[str, dict[str, Any]]
    test: Test | None
    build: Getter
    dated: Getter | None
    watched: Watched | None
    source_values: tuple[tuple[str, Getter], ...]
    required: tuple[str, ...]

    def run(self, record: Record, source: Record) -> Record | None:
        """Return the target record, None when `when` says no. Raises UnmappableError."""
        if self.test is not None and not self.test(record):
            return None
        change = None
        if self.watched is not None:
            change = self.watched.change(record)
            if change is None:
                return None
        result: Record = self.build(record) or {}
        for name in self.required:
            if result.get(name) is None:
                raise UnmappableError(f"has no value, but {self.spec.target} needs it", name)
        result["_flow"] = self.spec.name
        result["_source"] = source if self.dated is None else {**source, "date": self.dated(record)}
        if self.source_values:
            result[SOURCE_VALUES] = {name: get(record) for name, get in self.source_values}
        if change is not None:
            result["_change"] = change
        return result

    def tombstone(self, record: Record, source: Record) -> Record | None:
        """Return a tombstone, only where the flow owns what it made; effects and side records stay."""
        if not self.spec.owns or self.watched is not None or ID not in self.fields:
            return None
        try:
            key = self.fields[ID].get(record)
        except Exception:  # noqa: BLE001 - a tombstone often has nothing but its key
            return None
        return key and {ID: key, "_flow": self.spec.name, "_source": source, DELETED_AT: record[DELETED_AT]}

    def leaves(self) -> dict[str, Value]:
        """Return the values by path; of an object literal only what is inside."""
        return {path: value for path, value in self.values.items() if path not in self.fields or not value.children}


def read_flows(node: Node, systems: Systems | None, findings: Findings) -> list[FlowSpec]:
    """Read the `flows` of a mapping."""
    specs = [_spec(name, entry, systems, findings) for name, entry in node.value.items()]
    return [spec for spec in specs if spec is not None]


def _spec(name: str, node: Node, systems: Systems | None, findings: Findings) -> FlowSpec | None:
    keys = read_keys(node, SHAPES["flow"], name, findings)
    streams: list[Stream] = []
    types: list[Type] = []
    for key, side in SIDES.items():
        stream = read_stream(keys[key].value) if key in keys else None
        if stream is not None:
            streams.append(stream)
            types.append(stream_type(stream, side, systems, partial(findings.add, keys[key].line, f"{name}.{key}")))
        elif key in keys:
            findings.add(keys[key].line, f"{name}.{key}", "must be system.stream, as in shop.orders")
    if "fields" in keys and not keys["fields"].value:
        findings.add(keys["fields"].line, f"{name}.fields", "is empty")
        return None
    if len(streams) < len(SIDES) or "fields" not in keys:
        return None
    return FlowSpec(name, node, keys, streams[0], streams[1], types[0], types[1])


def compile_flow(spec: FlowSpec, source: Type, setup: Setup, findings: Findings, *, arriving: bool = False) -> Flow:
    """Compile a flow against a source type; `arriving` when it is that of a SCHEMA message."""
    scope = Scope(source, str(spec.source), setup, findings, spec.name, arriving=arriving, clear=spec.flag("clear"))
    watched = compile_watched(spec.keys, scope)
    if watched is not None:
        scope = scope.knowing(frozenset(implied(watched.path)))
    condition = compile_condition(spec.keys["when"], scope.at("when")) if "when" in spec.keys else ALWAYS
    scope = scope.knowing(condition.present)
    dated = _dated(spec.keys["dated"], scope.at("dated")) if "dated" in spec.keys else None
    fields = _fields(spec, scope)
    if missing := [name for name in spec.required if name not in fields]:
        scope.note(spec.keys["fields"], f"{spec.target} needs {', '.join(missing)}")
    _check_id(spec, condition, scope)
    build = object_getter(fields, clear=spec.flag("clear"))
    values = _by_path(fields)
    sync = _sync(spec, values, scope)
    own = [(path, getter(values[path].origins[0], ANYTHING)) for path, entry in sync.items() if "of" in entry]
    test = None if condition is ALWAYS else condition.test
    return Flow(spec, fields, values, sync, test, build, dated, watched, tuple(own), spec.required)


def _by_path(fields: dict[str, Value]) -> dict[str, Value]:
    """Return every property by path, an object literal before what is inside."""
    values: dict[str, Value] = {}
    for name, value in fields.items():
        values[name] = value
        values |= {f"{name}.{child}": inner for child, inner in (value.children or {}).items()}
    return values


def _dated(node: Node, scope: Scope) -> Getter:
    value = compile_pipe(node, scope)
    if not accepts(Type(DATES), value.kind):
        scope.note(node, f"needs a date, '{node.value}' is {value.kind}; add '| instant'")
    get, zone = value.get, scope.setup.zone

    def dated(record: Any) -> str | None:
        moment = get(record)
        return None if moment is None else utc(moment, zone)

    return dated


def _fields(spec: FlowSpec, scope: Scope) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for name, node in spec.keys["fields"].value.items():
        inner = scope.at(name)
        wanted = of("string", nullable=True) if name == ID else property_type(name, node, spec.target_type, inner)
        inner = replace(inner, clear=scope.clear and name != ID, strict=name.endswith(IDS))
        fields[name] = compile_value(node, inner, wanted)
        check_type(fields[name], wanted, node, inner)
    return fields


def _check_id(spec: FlowSpec, condition: Condition, scope: Scope) -> None:
    """An id must have a value in every case that `when` lets through."""
    node = spec.keys["fields"].value.get(ID)
    if node is None or scope.arriving or not scope.kind.properties:
        return
    for present in condition.cases:
        quiet = replace(scope.knowing(present), findings=Findings(""), strict=True)
        value = compile_value(node, quiet)
        if value.kind.nullable and not quiet.findings.entries:
            missing = [path for path in value.paths if follow(path, quiet.kind, quiet.present).nullable]
            advice = f"; add to when: '{write_path(missing[0])} exists'" if missing else ""
            scope.at(ID).note(node, f"may be missing, and a record needs its id{advice}")
            return


def _sync(spec: FlowSpec, values: dict[str, Value], scope: Scope) -> dict[str, dict[str, Any]]:
    """Read what the target needs to know, by path; `of` is the source property behind what both sides edit."""
    sync: dict[str, dict[str, Any]] = {}
    for path, node in spec.keys["sync"].value.items() if "sync" in spec.keys else ():
        inner = scope.at("sync").at(path)
        if path not in values:
            inner.note(node, f"the flow writes no '{path}'{suggest(path, values)}")
        entry = {name: key.value for name, key in read_keys(node, SHAPES["sync"], inner.where, scope.findings).items()}
        origins = set(values[path].origins) if path in values else set()
        if (entry.get("shared") or entry.get("add_only")) and len(origins) == 1:
            entry["of"] = ".".join(*origins)
        sync[path] = entry
    return sync
