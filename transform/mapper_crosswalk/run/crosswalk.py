"""Singer messages in, mapped Singer messages out; no memory between records."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from hashlib import blake2b
from typing import Any

import msgspec
from singer_rest import suggest

from mapper_crosswalk.check.mapping import Mapping
from mapper_crosswalk.compile.flows import DELETED_AT, ID, Flow, FlowSpec, Record
from mapper_crosswalk.run.output import REJECTED, REJECTED_MESSAGE, schema_message, stream_schema
from mapper_crosswalk.types.kinds import Type, from_schema
from mapper_crosswalk.values.dates import utc
from mapper_crosswalk.values.texts import as_text
from mapper_crosswalk.values.unmappable import UnmappableError, unmappable

Message = dict[str, Any]
_encode = msgspec.json.Encoder(order="deterministic").encode

MAX_RECORD_BYTES = 1 << 20
UNREADABLE_BYTES = 1000
WHOLE = "*"
ORIGIN = "x-origin"
OVERSIZED = UnmappableError("the record is over 1 MiB")


@dataclass(frozen=True, slots=True)
class Output:
    """A stream that is written, and whether the version of the source's table is its own, too."""

    stream: str
    versioned: bool


REJECTS = Output(REJECTED, versioned=False)
Row = tuple[Output, Record]


@dataclass(frozen=True, slots=True)
class Route:
    """What happens to the records of a stream: the flows that read it, and where each writes."""

    steps: tuple[tuple[Flow, Output], ...]
    source: Callable[[Record], Record]
    messages: tuple[Message, ...]
    schema: Message


class Crosswalk:
    """Applies every flow whose source stream arrives. Raises DocumentError when a SCHEMA doesn't fit."""

    def __init__(self, mapping: Mapping, logger: logging.Logger) -> None:
        self.mapping = mapping
        self.logger = logger
        self.routes: dict[str, Route] = {}
        self.unmapped: set[str] = set()
        self.flows: dict[str, Flow] = dict(mapping.flows)
        self.outputs: dict[str, Message] = {}
        self.rejected = 0
        self._origin: str | None = None

    def passes(self, stream: str) -> bool:
        """Whether a stream without a flow goes through unchanged; says once what becomes of it."""
        passed = self.mapping.unmapped_streams == "pass"
        if stream not in self.unmapped:
            self.unmapped.add(stream)
            names = dict.fromkeys(spec.source.name for spec in self.mapping.specs)
            fate = "passed on" if passed else "dropped"
            self.logger.info("stream %.100r has no flow: %s%s", stream, fate, suggest(stream[:100], names))
        return passed

    def schema(self, message: Message) -> tuple[Message, ...]:
        """Return the SCHEMAs of all streams that this one becomes; the same ones when it is repeated."""
        stream = message["stream"]
        specs = self.mapping.reading(stream)
        if not specs:
            return (message,) if self.passes(stream) else ()
        route = self.routes.get(stream)
        if (origin := _origin(message)) != self._origin:
            self._origin = origin
            self.outputs.clear()
        if route is None or route.schema != message:
            route = self.routes[stream] = self._route(message, specs)
        return route.messages

    def schemas(self) -> list[Message]:
        """Return the SCHEMAs of all streams that the mapping writes, by its own schema folders: no tap is needed."""
        return list({spec.target.name: self._output(spec, tombstones=False) for spec in self.mapping.specs}.values())

    def record(self, message: Message) -> list[Message]:
        """Return what a RECORD becomes, as messages."""
        rows = self.rows(message)
        return [message] if rows is None else [row_message(output, row, message) for output, row in rows]

    def rows(self, message: Message, *, oversized: bool = False) -> list[Row] | None:
        """Return a row for each flow that takes the record, or why it can't be mapped; None: pass it on.

        A record that is `oversized` is set aside without its body.
        """
        route = self.routes.get(message["stream"])
        if route is None:
            if self.mapping.reading(message["stream"]):
                return [self._reject(message, {}, UnmappableError("the record came before its SCHEMA"), WHOLE)]
            return None if self.passes(message["stream"]) else []
        record: Record = message["record"]
        source, refusal = {}, OVERSIZED if oversized else None
        try:
            source = route.source(record)
        except Exception as error:  # noqa: BLE001 - whatever a record does, it is set aside
            refusal = refusal or unmappable(error)
        if refusal is not None:
            return [self._reject({**message, "record": None} if oversized else message, source, refusal, WHOLE)]
        deleted = record.get(DELETED_AT) is not None
        rows: list[Row] = []
        for flow, output in route.steps:
            try:
                row = flow.tombstone(record, source) if deleted else flow.run(record, source)
            except Exception as error:  # noqa: BLE001 - whatever a record does, it is set aside
                rows.append(self._reject(message, source, unmappable(error), flow.spec.name))
            else:
                if row is not None:
                    rows.append((output, row))
        return rows

    def example(self, stream: str, record: Record) -> list[Message]:
        """Map one record without a SCHEMA message, by the types that the mapping's schema folders give."""
        if stream not in self.routes and (specs := self.mapping.reading(stream)):
            keys = tuple(sorted(specs[0].source_type.required - {"updatedAt"}))[:1]
            steps = tuple(self._step(spec) for spec in specs)
            self.routes[stream] = Route(steps, _source_reader(specs[0], keys, {}), (), {})
        return self.record({"type": "RECORD", "stream": stream, "record": record})

    def activate_version(self, message: Message) -> tuple[Message, ...]:
        """Pass a version on to the streams that only this one becomes: others hold rows of other streams too."""
        route = self.routes.get(message["stream"])
        if route is None:
            return (message,) if self.passes(message["stream"]) else ()
        streams = dict.fromkeys(output.stream for _, output in route.steps if output.versioned)
        return tuple({**message, "stream": stream} for stream in streams)

    def unreadable(self, line: bytes, why: str) -> Row:
        """Set a line aside that is no message."""
        text = line[:UNREADABLE_BYTES].decode("utf-8", "backslashreplace")
        message = {"stream": "unreadable", "record": {"line": text}}
        return self._reject(message, {"key": _digest(line)}, UnmappableError(why), WHOLE)

    def _route(self, message: Message, specs: list[FlowSpec]) -> Route:
        keys = tuple(message.get("key_properties") or ())
        kind = _source_type(message["schema"], keys)
        for spec in specs:
            self.flows[spec.name] = self.mapping.compile(spec, kind)
        deleted = DELETED_AT in (kind.properties or {})
        outputs = {spec.target.name: self._output(spec, tombstones=deleted) for spec in specs}
        steps = tuple(self._step(spec) for spec in specs)
        source = _source_reader(specs[0], keys, message)
        return Route(steps, source, (*outputs.values(), REJECTED_MESSAGE), message)

    def _output(self, spec: FlowSpec, *, tombstones: bool) -> Message:
        name = spec.target.name
        if name not in self.outputs:
            ends = spec.target, spec.source.system
            writers = [other for other in self.mapping.specs if (other.target, other.source.system) == ends]
            flows = [self.flows[writer.name] for writer in writers]
            schema = stream_schema(flows, self.mapping.fingerprint, tombstones=tombstones)
            schema |= {ORIGIN: self._origin} if self._origin else {}
            self.outputs[name] = schema_message(name, schema, (ID,))
        return self.outputs[name]

    def _step(self, spec: FlowSpec) -> tuple[Flow, Output]:
        sources = {other.source for other in self.mapping.specs if other.target.name == spec.target.name}
        return self.flows[spec.name], Output(spec.target.name, versioned=len(sources) == 1)

    def _reject(self, message: Message, source: Record, error: UnmappableError, path: str) -> Row:
        self.rejected += 1
        record = message["record"]
        row = {
            "stream": message["stream"],
            "key": source.get("key") or _nameless(record),
            "reason": error.reason,
            "path": ".".join((path, *error.place)),
            "record": record if isinstance(record, dict | None) else {"record": record},
            "rejectedAt": source.get("updatedAt") or message.get("time_extracted"),
        }
        return REJECTS, row


def row_message(output: Output, row: Record, message: Message) -> Message:
    """Return a row as a message; time_extracted and version come from the source's message."""
    mapped: Message = {"type": "RECORD", "stream": output.stream, "record": row}
    if "time_extracted" in message:
        mapped["time_extracted"] = message["time_extracted"]
    if output.versioned and message.get("version") is not None:
        mapped["version"] = message["version"]
    return mapped


def _source_type(schema: Any, keys: tuple[str, ...]) -> Type:
    """Read the arriving schema; a key is never null."""
    kind = from_schema(schema)
    if kind.properties is None:
        return kind
    sure = {name: known.sure() if name in keys else known for name, known in kind.properties.items()}
    return Type(kind.kinds, properties=sure, nullable=False, rest=kind.rest)


def _source_reader(spec: FlowSpec, keys: tuple[str, ...], message: Message) -> Callable[[Record], Record]:
    """Return a function that says where a record comes from: key, replication value, version."""
    system, stream = spec.source.system, spec.source.name
    changed = (message.get("bookmark_properties") or ["updatedAt"])[0]
    only = keys[0] if len(keys) == 1 else None
    origin = {"origin": known} if (known := _origin(message)) else {}

    def read(record: Record) -> Record:
        version = record.get("version")
        updated = record.get(changed)
        key = record.get(only) if only is not None else None
        return {
            "system": system,
            "stream": stream,
            "key": key if key and type(key) is str else _key(record, keys),
            "updatedAt": updated if type(updated) is str and updated.endswith("Z") else _instant(updated),
            "version": version if type(version) is int else None,
            "date": None,
            **origin,
        }

    return read


def _origin(message: Message) -> str | None:
    """Where the records of a SCHEMA come from, where its tap says so."""
    origin = message.get("schema", {}).get(ORIGIN)
    return origin if isinstance(origin, str) else None


def _key(record: Record, keys: tuple[str, ...]) -> str | None:
    for name in keys:
        if record.get(name) in (None, ""):
            raise UnmappableError("the key has no value", name)
    return "|".join(as_text(record[name]) for name in keys) if keys else None


def _nameless(record: Any) -> str:
    """Return a key for a record without one: records that differ are told apart."""
    try:
        return _digest(_encode(record))
    except (RecursionError, ValueError):
        return "(no key)"


def _digest(data: bytes) -> str:
    return f"(no key) {blake2b(data, digest_size=6).hexdigest()}"


def _instant(value: Any) -> str | None:
    if type(value) is not str:
        return None
    try:
        return utc(value, UTC)
    except UnmappableError:
        return None
