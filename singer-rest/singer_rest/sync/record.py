"""A Singer record on its way to the API: checked against its SCHEMA, with its identity and its own properties flat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any

import jsonschema_rs
import msgspec

from singer_rest.errors import RecordRejected, UnreadableLine, single_line
from singer_rest.http.instants import instant_of, ms_of_text
from singer_rest.ledger import Content, is_far
from singer_rest.sync.merge import item_key

ABOUT = frozenset({"externalId", "key", "_flow", "_source", "_change", "_said"})
NESTED = frozenset({"fieldValues", "fields"})
SIMPLE = frozenset({str, int, bool, type(None)})
RECORD_LIMIT = 1 << 20
ID_LENGTH = 500
LARGEST_VERSION = 1 << 63
CLOCKS_DIFFER = timedelta(seconds=10)
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
SOURCE = "@source"
"""In a content: which record of the source wrote it."""

_canonical = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record comes from; `updated_at` and `version` are what staleness is measured by."""

    system: str | None = None
    stream: str | None = None
    key: str | None = None
    updated_at: str | None = None
    version: int | None = None
    date: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Source:
        """Take the `_source` of a record."""
        if not given:
            return NO_SOURCE
        system, stream, key, updated_at, version, date = map(given.get, SOURCE_PARTS)
        whole = version if type(version) is int and -LARGEST_VERSION < version < LARGEST_VERSION else None
        changed = updated_at if type(updated_at) is str and updated_at.isprintable() else None
        return cls(system, stream, key, changed, whole, date)

    @property
    def name(self) -> str:
        """Which record of the source it is: `orders:4711`."""
        return f"{self.stream}:{self.key}"

    @property
    def revision(self) -> int | None:
        """Which state of the source's record it is: its version, else its time in ms."""
        return ms_of_text(self.updated_at) if self.version is None else self.version

    def older_than(self, content: Content) -> bool:
        """Whether this is an older state of the source than what was written."""
        return self._compared(content) < 0

    def newer_than(self, content: Content) -> bool:
        """Whether this is a newer state of the source than what was written."""
        return self._compared(content) > 0

    def went_back(self, content: Content) -> bool:
        """Whether an older version changed clearly later than what was written: the source was restored from a backup.

        Clocks of one source may differ by seconds: within those an older version is only late.
        """
        ours, theirs = self.version, content.version
        if ours is None or theirs is None or ours >= theirs or self._is_another(content):
            return False
        now, written = instant_of(self.updated_at), instant_of(content.updated_at)
        return now is not None and written is not None and now - written > CLOCKS_DIFFER and not is_far(now)

    def _compared(self, content: Content) -> int:
        """Compare by version, else by time: negative when this is older, 0 when nobody can tell."""
        ours, theirs = self.version, content.version
        if None not in (ours, theirs) and ours != theirs and not self._is_another(content):
            # neither is None
            return 1 if ours > theirs or self.went_back(content) else -1  # type: ignore[operator]
        if self.updated_at is None or content.updated_at is None or self.updated_at == content.updated_at:
            return 0
        if _sort_as_texts(self.updated_at, content.updated_at):
            return 1 if self.updated_at > content.updated_at else -1
        now, written = instant_of(self.updated_at), instant_of(content.updated_at)
        if now is None or written is None:
            return 0
        if is_far(now) != is_far(written):  # one of them tells nothing of when it changed, and this one comes now
            return 1
        return (now > written) - (now < written)

    def _is_another(self, content: Content) -> bool:
        """Versions are those of one source record: several records may write one link."""
        return bool(content.values.get(SOURCE, self.name) != self.name)


NO_SOURCE = Source()
SOURCE_PARTS = ("system", "stream", "key", "updatedAt", "version", "date")


@dataclass(eq=False)
class Record:
    """One record: its identity, its origin and its own properties."""

    stream: str
    external_id: str
    flow: str
    source: Source
    raw: dict[str, Any]
    companions: Mapping[str, str]
    again: bool = False
    """Whether a person wants what the API did not keep to be sent again."""

    @cached_property
    def hash(self) -> str:
        """The fingerprint of its own properties."""
        own = {name: value for name, value in self.raw.items() if name not in ABOUT}
        return blake2b(_canonical(own), digest_size=16).hexdigest()

    @cached_property
    def values(self) -> dict[str, Any]:
        """Its own properties, flat (`fieldValues.Total`), decimals as plain text; a readable companion wins."""
        values: dict[str, Any] = {}
        raw = self.raw
        readable = {key for key, other in self.companions.items() if other in raw and raw[other] is not None}
        for name, value in raw.items():
            if name in ABOUT or name in readable:
                continue
            if name in NESTED:
                values |= _flat(name, value)
            else:
                values[name] = value if type(value) in SIMPLE else plain(value)
        return values

    @property
    def change(self) -> dict[str, Any] | None:
        """The watched value of a flow with `on_change`."""
        return self.raw.get("_change")

    @property
    def source_values(self) -> dict[str, Any]:
        """What the source itself has of shared properties, in its own words."""
        return self.raw.get("_said") or {}

    def content(self, values: Mapping[str, Any], *, complete: bool = True) -> Content:
        """Give what the ledger is to remember; what is not complete counts as changed the next time."""
        return Content(self.hash if complete else "", dict(values), self.source.updated_at, self.source.version)


class RecordReader:
    """Makes Records of the RECORD messages of one stream, checked against what the API takes and the SCHEMA.

    `has_own_keys(raw)`: whether the record's keys mean something at this destination; else only its names count.
    """

    def __init__(
        self,
        stream: str,
        schemas: Iterable[dict[str, Any]],
        *,
        key_properties: Sequence[str] = (),
        companions: Mapping[str, str] | None = None,
        has_own_keys: Callable[[dict[str, Any]], bool] | None = None,
    ) -> None:
        self._stream = stream
        self._validators = [_validator(stream, schema) for schema in schemas]
        self._key_properties = tuple(key_properties)
        self._companions = companions or {}
        self._has_own_keys = has_own_keys

    def read(self, raw: Any, size: int = 0) -> Record:
        """Check a record and make a Record of it. RecordRejected says which property is wrong."""
        if size > RECORD_LIMIT:
            raise RecordRejected(f"the record has {size:,} bytes, more than 1 MiB", code="too_large")
        if type(raw) is not dict:
            raise RecordRejected("the record is no JSON object", code="invalid")
        for validator in self._validators:
            if not validator.is_valid(raw):
                raise RecordRejected(_why(validator, raw), code="invalid")
        external_id = raw.get("externalId")
        if external_id is None:
            external_id = self._from_keys(raw)
        if type(external_id) is not str or not external_id.strip():
            raise RecordRejected("the record has no externalId and no key to know it by", code="no_id")
        if len(external_id) > ID_LENGTH or not external_id.isprintable():
            raise RecordRejected("the record's id is longer than 500 characters or not printable", code="bad_id")
        source, flow = Source.of(raw.get("_source")), raw.get("_flow") or self._stream
        if self._has_own_keys and not self._has_own_keys(raw):
            raw = {name: value for name, value in raw.items() if name not in self._companions}
        return Record(self._stream, external_id, flow, source, raw, self._companions)

    def _from_keys(self, raw: dict[str, Any]) -> str:
        """Give the id of a record without externalId: its key properties, else its key."""
        parts = [raw.get(name) for name in self._key_properties if raw.get(name) is not None] or [raw.get("key")]
        return "|".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Reference:
    """A property that names records of another stream: by a natural key (`email`), or by externalId.

    `slot`: the API's list of their keys; None where the record happens to one of them. It does not count where one of
    the properties in `unless` has a value.
    """

    name: str
    stream: str
    natural: str | None = None
    slot: str | None = None
    unless: tuple[str, ...] = ()

    def key(self, value: Any) -> str:
        """Give the ledger's external id for one named record."""
        return natural_key(self.natural, value) if self.natural else str(value)


def natural_key(kind: str, value: Any) -> str:
    """Give the ledger's external id for a natural key: `email:ada@acme.com`."""
    return f"{kind}:{item_key(value)}"


def named(references: Iterable[Reference], values: Mapping[str, Any]) -> list[tuple[Reference, Any]]:
    """Give each record that the values refer to, as they name it."""
    records = []
    for reference in references:
        if reference.name not in values or any(values.get(better) for better in reference.unless):
            continue
        given = values[reference.name]
        records += [(reference, value) for value in _as_list(given) if value not in (None, "")]
    return records


def plain(value: Any) -> Any:
    """Give a value as plain JSON: decimals as text without an exponent."""
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < ID_LENGTH else str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(name: str, value: Any) -> dict[str, Any]:
    """Give custom fields as `fieldValues.NAME`; nothing of what is no object."""
    if type(value) is not dict:
        return {}
    return {f"{name}.{field}": inner if type(inner) in SIMPLE else plain(inner) for field, inner in value.items()}


def _sort_as_texts(ours: str, theirs: str) -> bool:
    """Whether two times are of one plain form, in UTC, and before tomorrow: nearly all are."""
    plain = ours[4:17:6] == theirs[4:17:6] == "-T:" and ours[:2] == theirs[:2] == "20"
    seconds, milliseconds = ours[19:] == theirs[19:] == "Z", ours[23:] == theirs[23:] == "Z"
    return plain and (seconds or milliseconds) and ours < TOMORROW and theirs < TOMORROW


def _validator(stream: str, schema: dict[str, Any]) -> Any:
    try:
        return jsonschema_rs.validator_for(schema, mask="its value", retriever=_nowhere)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as broken:
        why = single_line(str(broken).partition("\n")[0].partition(" and retrieving it failed")[0], 150)
    raise UnreadableLine(f"the SCHEMA of stream {stream} is no JSON Schema: {why}")


def _nowhere(address: str) -> Any:
    raise ValueError(address)


def _why(validator: Any, raw: dict[str, Any]) -> str:
    try:
        problem = next(iter(validator.iter_errors(raw)))
    except ValueError:  # its recursion limit
        return "the record is nested too deeply"
    path = ".".join(map(str, problem.instance_path)) or "the record"
    rule = str(problem.schema_path[-1]) if problem.schema_path else "schema"
    return f"{path} does not fit the schema ({rule}): {str(problem.message)[:200]}"
