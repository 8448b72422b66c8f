"""The sink of one stream: a subclass says the nouns, the protocol is the same for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import jsonschema_rs

from singer_rest.errors import ApiError, RecordRejected, UnreadableLine, single_line
from singer_rest.sync.field_rules import Rules
from singer_rest.sync.intents import wait_for_in_flight
from singer_rest.sync.merge import ABSENT, mark
from singer_rest.sync.record import Record, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from logging import Logger

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Intent, Ledger, Link
    from singer_rest.target.target import RestTarget

RECORD_LIMIT = 1 << 20

Result = Literal["created", "updated", "unchanged", "stale", "rejected", "waiting", "postponed", "detached"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A property that names records of another stream: by a natural key (`email`), or by externalId."""

    name: str
    stream: str
    natural: str | None = None
    slot: str | None = None
    unless: tuple[str, ...] = ()

    def key(self, value: Any) -> str:
        """Give the ledger's external id for one named record."""
        return natural_key(self.natural, value) if self.natural else str(value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record; `missing` is what it still waits for though it was written."""

    result: Result
    detail: str = ""
    missing: tuple[str, str] | None = None
    linked: tuple[str, ...] = ()


class RestSink(ABC):
    """One stream's way into the API."""

    stream: ClassVar[str]
    effect: ClassVar[bool] = False
    """Its records happen once (a comment) instead of converging to the latest (a box)."""
    lasting: ClassVar[bool] = False
    """An effect that can be changed once it is there (an invoice that gets paid)."""
    references: ClassVar[tuple[Reference, ...]] = ()
    companions: ClassVar[Mapping[str, str]] = {}
    """Raw keys that count only where their readable companion is absent."""
    added_to: ClassVar[frozenset[str]] = frozenset()
    """The API's lists that are only added to."""
    known_by: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """What tells the items of a list apart, where it is not their key or text."""
    fill_blanks: ClassVar[bool] = False
    """A record that is there already keeps all that people typed."""

    def __init__(self, target: RestTarget, schema: dict[str, Any], key_properties: Sequence[str] = ()) -> None:
        self.target = target
        self.schema = schema
        self.key_properties = tuple(key_properties)
        self.rules = Rules(schema)
        self._validators = [_validator(self.stream, one) for one in (self.accepts(), schema)]
        self._link_names = {reference.name for reference in self.references}

    @property
    def ledger(self) -> Ledger:
        """The ledger of the run."""
        return self.target.ledger

    @property
    def client(self) -> RestClient:
        """The client of the run."""
        return self.target.client

    @property
    def logger(self) -> Logger:
        """The target's logger."""
        return cast("Logger", self.target.logger)

    # what a subclass says

    @classmethod
    @abstractmethod
    def accepts(cls) -> dict[str, Any]:
        """Give the JSON Schema of the records that the API can take."""

    @abstractmethod
    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make it (with the client's `create`, which looks up when an answer got lost) and give the API's record."""

    @abstractmethod
    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find what is there already: made by people, or by a run that died when `intent` is open."""

    def repeatable(self, record: Record) -> bool:  # noqa: ARG002
        """Whether the API itself makes one of two equal creates, so that nobody has to wait for the first."""
        return False

    def prepare(self) -> None:  # noqa: B027  # most APIs have no names to resolve
        """Resolve the names of the SCHEMA. FatalRunError when some lead nowhere."""

    def read(self, key: str) -> dict[str, Any]:
        """Give the API's record."""
        raise NotImplementedError

    def update(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change the record and give the API's."""
        raise NotImplementedError

    def update_seen(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        """Change the record as it was `seen` (None: it was not read). VersionConflict when it has changed."""
        return self.update(key, body)

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        """Find or make a record of which only a natural key is known (`email`, its value)."""
        raise NotImplementedError

    def encode(self, name: str, value: Any, place: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give the API's slot for a property and its value there; None when it is not to be sent."""
        return name, value

    def place(self, record: Record) -> str | None:  # noqa: ARG002
        """Give the key of the container that decides what names mean (a pipeline)."""
        return None

    def version_of(self, vendor: dict[str, Any]) -> int | None:  # noqa: ARG002
        """Give the version of the API's record, where it has one."""
        return None

    def revision(self, vendor: dict[str, Any]) -> int | None:
        """Give which state of the API's record this is, in what its tap calls version, else its time in ms."""
        return self.version_of(vendor)

    def display_value(self, name: str, value: Any, place: str | None) -> Any:  # noqa: ARG002
        """Give the API's value as people know it."""
        return None if value is ABSENT else value

    def place_of(self, vendor: dict[str, Any]) -> str | None:  # noqa: ARG002
        """Give the container where the API's record is now."""
        return None

    def naturals(self, record: Record) -> list[str]:  # noqa: ARG002
        """Give the natural keys that the record can be found by, best first."""
        return []

    def changed_at(self, vendor: dict[str, Any], name: str) -> int | None:  # noqa: ARG002
        """Give when a property last changed at the API, in ms, where that is known."""
        return None

    def skip_reason(self, record: Record) -> str | None:  # noqa: ARG002
        """Say why a setting keeps the record from being made, None when nothing does."""
        return None

    def skip_create_reason(self, record: Record) -> str | None:  # noqa: ARG002
        """Say why a setting keeps a record that was not found from being made, None when nothing does."""
        return None

    def holder(self, record: Record) -> Link | None:
        """Give the record that an effect happens to, as the ledger knows it."""
        for reference, value in self.named(record.values):
            if reference.slot is None:
                return self.ledger.links.get(reference.stream, reference.key(value))
        return None

    def might_be_there(self, record: Record) -> bool:  # noqa: ARG002
        """Whether an effect may have been made before the ledger began."""
        return False

    def is_gone(self, refused: ApiError) -> bool:
        """Whether the API says that the record does not exist."""
        return refused.status in {404, 410}

    def key_of(self, vendor: dict[str, Any]) -> str:
        """Give the key in the API's record."""
        return str(vendor["key"])

    # what is the same for all

    def accept(self, raw: Any, size: int = 0) -> Record:
        """Check a record and make a Record of it. RecordRejected says which property is wrong."""
        if size > RECORD_LIMIT:
            raise RecordRejected(f"the record has {size:,} bytes, more than 1 MiB", code="too_large")
        if not isinstance(raw, dict):
            raise RecordRejected("the record is no JSON object", code="invalid")
        for validator in self._validators:
            if not validator.is_valid(raw):
                raise RecordRejected(_why(validator, raw), code="invalid")
        return record_of(self.stream, raw, self.key_properties, self.companions)

    def lane_keys(self, record: Record) -> frozenset[str]:
        """Give the keys that no other open record may share."""
        return frozenset(f"{self.stream}\0{key}" for key in (record.external_id, *self.naturals(record)))

    def lane_references(self, record: Record) -> frozenset[str]:
        """Give the keys of the records that it refers to."""
        return frozenset(f"{one.stream}\0{one.key(value)}" for one, value in self.named(record.values))

    def named(self, values: Mapping[str, Any]) -> Iterable[tuple[Reference, Any]]:
        """Give each record that the values refer to, as they name it."""
        for reference in self.references:
            given = values.get(reference.name)
            if any(values.get(better) for better in reference.unless):
                continue
            for value in given if isinstance(given, list) else [given]:
                if value not in (None, ""):
                    yield reference, value

    def is_reference(self, name: str) -> bool:
        """Whether a property names other records."""
        return name in self._link_names

    @property
    def added(self) -> frozenset[str]:
        """Every list of the API that is only added to, links among them."""
        return self.added_to | {reference.slot for reference in self.references if reference.slot}

    def found(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Look it up, and again when the last request of a run that died can no longer take effect."""
        vendor = self.look_up(record, intent)
        if vendor is None and intent is not None and not self.repeatable(record):
            wait_for_in_flight(intent, self.target.settle_seconds)
            vendor = self.look_up(record, intent)
        return vendor

    def already_existed(self, vendor: dict[str, Any]) -> bool:  # noqa: ARG002  # for an API that gives what is there
        """Whether what a create gave was not made by it."""
        return False

    def adds(self, name: str) -> bool:
        """Whether a property's list is only added to."""
        return name in self.added_to or name in self._link_names or self.rules[name].add_only

    def agrees(self, name: str, before: Any, value: Any) -> bool:
        """Whether a property's value needs no writing after `before` was written."""
        if self.adds(name) and isinstance(before, list) and isinstance(value, list):
            return {mark(item) for item in value} <= {mark(item) for item in before}
        return self.rules[name].same(before, value)

    def is_unchanged(self, record: Record) -> bool:
        """Whether the ledger shows, without any call, that there is nothing to do."""
        known = self.ledger.links.find(self.stream, record.external_id, record.flow)
        if known is None or known.content is None or known.link.state == "parked":
            return known is not None and self.effect and not self.lasting and known.link.state == "linked"
        if self.effect and (change := record.change):
            return bool(known.content.values.get("value") == change.get("value"))
        if known.content.hash == record.hash:
            return not record.source.newer_than(known.content)
        if not known.content.hash or known.link.state != "linked":
            return False
        before = known.content.values
        return all(
            self.rules[name].only_creates(record.flow)
            or (self.adds(name) and self.agrees(name, before.get(name), value))
            or before.get(name) == value
            for name, value in record.values.items()
        ) and not record.source.newer_than(known.content)


def natural_key(kind: str, value: Any) -> str:
    """Give the ledger's external id for a natural key: `email:ada@acme.com`."""
    return f"{kind}:{mark(value)}"


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
    place = ".".join(map(str, problem.instance_path)) or "the record"
    rule = str(problem.schema_path[-1]) if problem.schema_path else "schema"
    return f"{place} does not fit the schema ({rule}): {str(problem.message)[:200]}"
