"""A Singer record on its way to the API, and what its SCHEMA says about its properties."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from singer_rest.errors import RecordRejected
from singer_rest.http.instants import EPOCH, MILLISECOND, parse_instant
from singer_rest.ledger import Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ABOUT = frozenset({"externalId", "key", "_flow", "_source", "_change", "_said"})
NESTED = frozenset({"fieldValues", "fields"})
ID_LENGTH = 500
LARGEST_VERSION = 1 << 63
SOURCE = "@source"

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
            return cls()
        version = given.get("version")
        return cls(
            given.get("system"),
            given.get("stream"),
            given.get("key"),
            given.get("updatedAt"),
            version if type(version) is int and abs(version) < LARGEST_VERSION else None,
            given.get("date"),
        )

    @property
    def mark(self) -> str:
        """Which record of the source it is."""
        return f"{self.stream}:{self.key}"

    @property
    def revision(self) -> int | None:
        """Which state of the source's record it is: its version, else its time in ms."""
        if self.version is not None:
            return self.version
        try:
            return round((parse_instant(str(self.updated_at)) - EPOCH) / MILLISECOND)
        except ValueError:
            return None

    def older_than(self, content: Content) -> bool:
        """Whether this is an older state of the source than what was written."""
        return self._compared(content) < 0

    def newer_than(self, content: Content) -> bool:
        """Whether this is a newer state of the source than what was written."""
        return self._compared(content) > 0

    def _compared(self, content: Content) -> int:
        """Compare by version, else by time: negative when this is older, 0 when nobody can tell."""
        if self._versions_compare(content) and self.version != content.version:
            return int(self.version) - int(content.version)  # type: ignore[arg-type]  # neither is None
        if self.updated_at is None or content.updated_at is None or self.updated_at == content.updated_at:
            return 0
        ours, written = _moment(self.updated_at), _moment(content.updated_at)
        return (ours > written) - (ours < written)

    def _versions_compare(self, content: Content) -> bool:
        """Whether both are versions of the same source record: several may write one link."""
        same = content.values.get(SOURCE, self.mark) == self.mark
        return same and self.version is not None and content.version is not None


@dataclass(eq=False)
class Record:
    """One record: its identity, its origin and its own properties."""

    stream: str
    external_id: str
    flow: str
    source: Source
    raw: dict[str, Any]
    companions: Mapping[str, str]

    @cached_property
    def hash(self) -> str:
        """The fingerprint of its own properties."""
        own = {name: value for name, value in self.raw.items() if name not in ABOUT}
        return blake2b(_canonical(own), digest_size=16).hexdigest()

    @cached_property
    def values(self) -> dict[str, Any]:
        """Its own properties, flat (`fieldValues.Total`), decimals as plain text; a readable companion wins."""
        readable = {key for key, companion in self.companions.items() if self.raw.get(companion) is not None}
        return dict(flat({name: value for name, value in self.raw.items() if name not in readable}))

    @property
    def change(self) -> dict[str, Any] | None:
        """The watched value of a flow with `on_change`."""
        return self.raw.get("_change")

    @property
    def said(self) -> dict[str, Any]:
        """What the source itself says of shared properties, in its own words."""
        return self.raw.get("_said") or {}

    def content(self, values: Mapping[str, Any], *, complete: bool = True) -> Content:
        """Give what the ledger is to remember; what is not complete counts as changed the next time."""
        return Content(self.hash if complete else "", dict(values), self.source.updated_at, self.source.version)


def record_of(
    stream: str, raw: dict[str, Any], key_properties: Sequence[str] = (), companions: Mapping[str, str] | None = None
) -> Record:
    """Make a Record of a RECORD message's record. RecordRejected when nothing in it can serve as an id."""
    external_id = raw.get("externalId")
    if external_id is None:
        parts = [raw.get(name) for name in key_properties if raw.get(name) is not None] or [raw.get("key")]
        external_id = "|".join(str(part) for part in parts if part is not None)
    if not isinstance(external_id, str) or not external_id.strip():
        raise RecordRejected("the record has no externalId and no key to know it by", code="no_id")
    if len(external_id) > ID_LENGTH or not external_id.isprintable():
        raise RecordRejected("the record's id is longer than 500 characters or not printable", code="bad_id")
    return Record(stream, external_id, raw.get("_flow") or stream, Source.of(raw.get("_source")), raw, companions or {})


def flat(raw: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Give the record's own properties, custom fields as `fieldValues.NAME`."""
    for name, value in raw.items():
        if name in NESTED and isinstance(value, dict):
            yield from ((f"{name}.{field}", plain(inner)) for field, inner in value.items())
        elif name not in ABOUT and name not in NESTED:
            yield name, plain(value)


def plain(value: Any) -> Any:
    """Give a value as plain JSON: decimals as text without an exponent."""
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < ID_LENGTH else str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _moment(text: str) -> str:
    """Give an instant as text that sorts: in UTC, without its zone."""
    if text.endswith("Z"):
        return text[:-1]
    try:
        return parse_instant(text).isoformat()[:-6]
    except ValueError:
        return text
