"""The sink of one stream: its subclass declares the nouns and says how to find, make and change them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from logging import Logger
from typing import Any, ClassVar, Literal, Protocol

from singer_rest.errors import ApiError, ApiUnavailable, RecordRejected
from singer_rest.http.client import RestClient
from singer_rest.http.instants import ms_of_text
from singer_rest.ledger import Intent, Ledger
from singer_rest.ledger.reverse import LOST_ID
from singer_rest.sync.field_rules import FieldRules
from singer_rest.sync.findings import ApiFindings
from singer_rest.sync.merge import ABSENT, same, slot_value
from singer_rest.sync.record import Record, RecordReader, Reference
from singer_rest.sync.run_context import RunContext

Result = Literal["created", "updated", "unchanged", "stale", "rejected", "waiting", "postponed", "detached"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record; `missing` is what it still waits for though it was written.

    `linked`: the names under which the ledger knows it from now on; `conflicts`: properties that both sides changed;
    `not_kept`: properties that were sent and that the API does not keep (`rejected` where the record needs them).
    """

    result: Result
    detail: str = ""
    missing: tuple[str, str] | None = None
    linked: tuple[str, ...] = ()
    conflicts: int = 0
    not_kept: tuple[str, ...] = ()


class Look(Protocol):
    """What a sink wants to see of its records before anything is written."""

    def see(self, record: Record) -> bool:
        """Look at one; True when that is enough."""

    def decide(self) -> None:
        """Say whether a run may go on with what was seen. FatalRunError when it may not."""


class RestSink(ABC):
    """One stream's way into the API.

    What is declared here is read by the engine; a subclass overrides what differs, and writes `create` and `look_up`.
    """

    stream: ClassVar[str]
    record_schema: ClassVar[dict[str, Any] | None] = None
    """JSON Schema of the records that the API can take; default: `schemas/STREAM.json` of the subclass's package."""
    effect: ClassVar[bool] = False
    """Its records happen once (a comment) instead of converging to the latest (a box)."""
    lasting: ClassVar[bool] = False
    """An effect that can be changed once it is there (an invoice that gets paid)."""
    references: ClassVar[tuple[Reference, ...]] = ()
    companions: ClassVar[Mapping[str, str]] = {}
    """Raw keys that count only where their readable companion is absent."""
    added_to: ClassVar[frozenset[str]] = frozenset()
    """The API's lists that are only added to."""
    item_keys: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """What tells the items of a list apart, where it is not their key or text."""
    fill_blanks: ClassVar[bool] = False
    """A record that is there already keeps all that people typed."""
    natural_kinds: ClassVar[frozenset[str]] = frozenset()
    """The kinds of natural keys (`email`) by which a record that was merged or deleted is found again."""
    makes_again: ClassVar[bool] = False
    """What people deleted is made again when a record of this stream is made or newly linked to it."""
    repeatable_creates: ClassVar[bool] = False
    """The API itself makes one of two equal creates, so that nobody has to wait for the first."""
    key_field: ClassVar[str] = "key"
    container_field: ClassVar[str | None] = None
    """Where the API's record says in which container (pipeline) it is: that decides what names mean."""
    version_field: ClassVar[str | None] = None
    revision_field: ClassVar[str | None] = None
    """When the API's record last changed, as its tap calls it; default: its version."""
    changed_at_fields: ClassVar[Mapping[str, str]] = {}
    """When a property last changed at the API: by property, `*` for all others; ms or ISO text."""
    other_ways: ClassVar[frozenset[str]] = frozenset()
    """The API's properties that `update_slot` can write where an update, or the create of an effect, ignores them."""
    may_go_with_create: ClassVar[frozenset[str]] = frozenset()
    """Lists of links and maps of fields that a create may take, which its answer shows."""
    dispensable: ClassVar[frozenset[str]] = frozenset()
    """The API's properties without which a record is good all the same."""
    gone_statuses: frozenset[int] = frozenset({404, 410})
    gone_phrases: tuple[str, ...] = ()
    """What a 400 says of a record that does not exist."""

    def __init__(self, context: RunContext, schema: dict[str, Any], key_properties: Sequence[str] = ()) -> None:
        self.context = context
        self.client: RestClient = context.client
        self.ledger: Ledger = context.ledger
        self.logger: Logger = context.logger
        self.schema = schema
        self.records = RecordReader(
            self.stream,
            (self.accepts(), schema),
            key_properties=key_properties,
            companions=self.companions,
            has_own_keys=None if type(self).has_own_keys is RestSink.has_own_keys else self.has_own_keys,
        )
        self.fields = FieldRules(
            schema,
            added_to=self.added_to,
            references=[reference.name for reference in self.references],
            item_keys=self.item_keys,
        )
        self.findings = ApiFindings(self.ledger.bindings, self.stream)
        self.list_slots = self.added_to | {reference.slot for reference in self.references if reference.slot}
        self.link_streams = {reference.slot: reference.stream for reference in self.references if reference.slot}
        """Whose keys the API's lists of links hold, by slot."""
        self.identity_slots: dict[str | None, tuple[str, str]] = {}
        """Where the API has the source's id, by container."""
        self.identifies = type(self).identified is not RestSink.identified
        self.has_natural_keys = type(self).natural_keys is not RestSink.natural_keys

    @classmethod
    def accepts(cls) -> dict[str, Any]:
        """Give the JSON Schema of the records that the API can take."""
        return cls.record_schema or schema_of(cls.__module__.partition(".")[0], cls.stream)

    # what a subclass says

    @abstractmethod
    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make it (with the client's `create`, which looks up when an answer got lost) and give the API's record."""

    @abstractmethod
    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find what is there already: made by people, or by a run that died when `intent` is open."""

    def prepare(self) -> None:  # noqa: B027  # most APIs have no names to resolve
        """Resolve the names of the SCHEMA. FatalRunError when some lead nowhere."""

    def first_look(self) -> Look | None:
        """Give what must see some of its records before anything of this run is written; None when nothing must."""
        return None

    def identified(self, record: Record) -> Record:
        """Give the record as the one of the API that it is about. NotOurs when it is about one of another source."""
        return record

    def is_of(self, record: Record, vendor: dict[str, Any]) -> bool:  # noqa: ARG002
        """Whether the API's record, which is linked and was never written, is this record's indeed."""
        return True

    def mend(self) -> None:
        """Write the source's id again where the other direction saw that people had cleared or changed it.

        Called when nothing is under way; what fails is tried again.
        """
        bindings, name = self.ledger.bindings, self.fields.identity
        if name is None or self.context.dry_run:
            return
        for lost in bindings.of_kind(LOST_ID):
            if lost.scope == self.stream and self._write_id(name, lost.name):
                bindings.unbind(LOST_ID, lost.scope, lost.name)

    def _write_id(self, name: str, external_id: str) -> bool:
        """Write it where it differs; False when that has to be tried again."""
        link = self.ledger.links.get(self.stream, external_id)
        contents = self.ledger.links.contents(self.stream, external_id).values()
        value = next((content.values[name] for content in contents if name in content.values), None)
        if link is None or link.vendor_key is None or link.state != "linked" or value is None:
            return True
        try:
            vendor = self.read(link.vendor_key)
            container = vendor.get(self.container_field) if self.container_field else None
            slot, wanted = self.encode(name, value, container) or ("", None)
            if slot and not same(slot_value(vendor, slot), wanted):
                outer, dot, inner = slot.partition(".")
                self.update(link.vendor_key, {outer: {inner: wanted} if dot else wanted}, vendor)
                self.ledger.record_log.note(self.stream, external_id, "", "updated", f"{name}: written again")
        except (ApiError, ApiUnavailable, RecordRejected) as refused:
            self.logger.warning("a lost id of %s was not written: %s", self.stream, refused)
            return isinstance(refused, ApiError) and self.is_gone(refused)
        return True

    def read(self, key: str) -> dict[str, Any]:
        """Give the API's record."""
        raise NotImplementedError

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:
        """Change the record as it was `seen` (None: it was not read) and give the API's.

        VersionConflict when it has changed since, where the API tells.
        """
        raise NotImplementedError

    def update_slot(self, key: str, slot: str, value: Any) -> Any:
        """Write one of the `other_ways` and give what the API keeps there; default: an update of its own."""
        return slot_value(self.update(key, {slot: value}, None), slot)

    def body(self, record: Record) -> dict[str, Any]:  # noqa: ARG002  # only effects have one that engine does not make
        """Give what the create of an effect carries, to be compared with its answer."""
        return {}

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        """Find or make a record of which only a natural key is known (`email`, its value)."""
        raise NotImplementedError

    def find_now(self, naturals: Sequence[str]) -> dict[str, Any] | None:  # noqa: ARG002  # where nobody is found again
        """Find who has one of these natural keys now, the first that leads to somebody; nobody is made."""
        return None

    def relink(
        self,
        gone: str,  # noqa: ARG002
        *,
        wanted: Collection[str] = (),  # noqa: ARG002
        record: Record | None = None,  # noqa: ARG002
    ) -> bool:
        """Find the names of a record that is gone again (`singer_rest.relink`); False where nobody looks."""
        return False

    def gone(self, keys: Collection[str]) -> set[str]:
        """Give those of the keys whose record does not exist any more."""
        return {key for key in keys if self.is_gone_key(key)}

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give the API's slot for a property and its value there; None when it is not to be sent."""
        return name, value

    def new_container(self, record: Record) -> str | None:  # noqa: ARG002
        """Give the key of the container (pipeline) in which a new record is made."""
        return None

    def natural_keys(self, record: Record) -> list[str]:  # noqa: ARG002
        """Give the natural keys that the record can be found by, best first."""
        return []

    def skip_reason(self, record: Record) -> str | None:  # noqa: ARG002
        """Say why a setting keeps the record from being made, None when nothing does."""
        return None

    def skip_create_reason(self, record: Record) -> str | None:  # noqa: ARG002
        """Say why a setting keeps a record that was not found from being made, None when nothing does."""
        return None

    def has_own_keys(self, raw: dict[str, Any]) -> bool:  # noqa: ARG002
        """Whether the keys in a record mean something at this destination; else only its names count."""
        return True

    def repeatable(self, record: Record) -> bool:  # noqa: ARG002
        """Whether the API makes one of two equal creates of this record."""
        return self.repeatable_creates

    def already_existed(self, vendor: dict[str, Any]) -> bool:  # noqa: ARG002  # for an API that gives what is there
        """Whether what a create gave was not made by it."""
        return False

    def display_value(self, name: str, value: Any, container: str | None) -> Any:  # noqa: ARG002
        """Give the API's value as people know it."""
        return None if value is ABSENT else value

    # what the declarations say of one record of the API

    def key_of(self, vendor: dict[str, Any]) -> str:
        """Give the key in the API's record."""
        return str(vendor.get(self.key_field) or vendor["key"])

    def version_of(self, vendor: dict[str, Any]) -> int | None:
        """Give the version of the API's record, where it has one."""
        version = vendor.get(self.version_field) if self.version_field else None
        return version if isinstance(version, int) else None

    def revision(self, vendor: dict[str, Any]) -> int | None:
        """Give which state of the API's record this is, in what its tap calls version, else its time in ms."""
        return vendor.get(self.revision_field) if self.revision_field else self.version_of(vendor)

    def changed_at(self, vendor: dict[str, Any], name: str) -> int | None:
        """Give when a property last changed at the API, in ms, where that is known."""
        changed = vendor.get(self.changed_at_fields.get(name) or self.changed_at_fields.get("*", ""))
        return changed if isinstance(changed, int) else ms_of_text(changed)

    @property
    def can_be_found_again(self) -> bool:
        """Whether a record that is gone may have moved to another key."""
        return bool(self.natural_kinds)

    def is_natural(self, name: str) -> bool:
        """Whether a name of the ledger is a natural key."""
        kind, colon, _ = name.partition(":")
        return bool(colon) and kind in self.natural_kinds

    def is_gone_key(self, key: str) -> bool:
        """Whether the API does not give the record of this key: nothing else can be wrong with a read."""
        try:
            self.read(key)
        except ApiError as refused:
            unknown = refused.unknown or self.is_gone(refused)
            if not unknown and refused.status not in {401, 403}:
                raise
            return unknown
        return False

    def is_gone(self, refused: ApiError) -> bool:
        """Whether the API says that the record does not exist."""
        said_so = refused.status == 400 and any(words in refused.reason for words in self.gone_phrases)
        return refused.status in self.gone_statuses or said_so


@cache
def schema_of(package: str, stream: str) -> dict[str, Any]:
    """Give the JSON Schema of a stream in a package's `schemas` folder."""
    schema: dict[str, Any] = json.loads(files(package).joinpath("schemas", f"{stream}.json").read_text("utf-8"))
    return schema
